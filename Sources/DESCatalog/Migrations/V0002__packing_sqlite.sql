-- When the manifest of a container was written. One that is missing can be made from its container at any time.
ALTER TABLE des_containers ADD COLUMN manifest_at INTEGER;
CREATE INDEX des_containers_manifest ON des_containers (changed_at) WHERE state = 'committed' AND manifest_at IS NULL;
