import DESCatalog
import DESCore

/// What the catalog knows of an entry of a container that nobody committed.
enum EntryFate: Sendable, Hashable {
    /// Its row still waits to be packed.
    case waiting(rowID: Int)
    /// Its file is in another container, which is committed.
    case elsewhere(FileRecord)
    /// Neither, or both; in words.
    case open(String)

    /// Decides it.
    /// - Parameters:
    ///   - source: where it came from, as its META says.
    ///   - key: of the container.
    ///   - row: the row of the queue that is known by the same.
    ///   - file: the file of the same name.
    init(
        _ name: EntryName, _ source: EntrySource?, in key: ContainerKey, bits: ShardBits, row: QueuedFile?,
        file: FileRecord?
    ) {
        guard let parsed = try? DESName(name.string), parsed.day == key.day, parsed.shard(bits: bits) == key.shard
        else {
            self = .open("its name does not belong to this day and shard")
            return
        }
        let row = row.flatMap { $0.name == name.string ? $0 : nil }
        if let file {
            if row != nil {
                self = .open("it is packed, and waits nevertheless")
            } else if file.container == key.id {
                self = .open("its file says that it is here already")
            } else if file.state == .committed, file.key != nil {
                self = .elsewhere(file)
            } else {
                self = .open("its file is in a container that is not committed")
            }
            return
        }
        guard let source else {
            self = .open("its META has no source")
            return
        }
        guard let row else {
            self = .open("no row of the queue and no file has its name")
            return
        }
        if row.source != source.source || row.sourceID != source.sourceID {
            self = .open("the row with its name comes from another source")
        } else if row.status != .marked {
            self = .open("its row is \(row.status.rawValue)")
        } else if row.day != key.day || row.shard != key.shard {
            self = .open("its row is of another day or shard")
        } else {
            self = .waiting(rowID: row.id)
        }
    }
}

/// Where an entry came from.
struct EntrySource: Sendable, Hashable {
    var source: String
    var sourceID: String?

    /// As META says it; `nil` for META of another writer.
    init?(_ meta: Metadata) {
        guard let source = meta.json["source"]?.stringValue else { return nil }
        (self.source, sourceID) = (source, meta.json["source_id"]?.stringValue)
    }

    /// What the file is known by.
    var identity: String { sourceID ?? source }
}
