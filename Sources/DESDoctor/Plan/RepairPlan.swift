package import DESCatalog
package import DESCore
package import DESStore

/// What is wrong with a deployment, and what can be done about it. Nothing is done by making it.
package struct RepairPlan: Sendable, Hashable {
    /// Something that is not as it should be.
    package struct Finding: Sendable, Hashable {
        /// What kind of thing.
        package enum Kind: String, Sendable, CaseIterable {
            /// An object that nobody committed.
            case uncommitted
            /// A container whose writer is gone, and whose shard nobody has taken over.
            case stalled
            /// A committed container has no object.
            case lostObject = "lost-object"
            /// The object of a committed container is damaged.
            case corrupt
            /// Entries of a committed container have no row.
            case missingRows = "missing-rows"
            /// Rows are not as the index of their container says.
            case wrongRows = "wrong-rows"
            /// Rows name a container that does not have them.
            case rowsWithoutEntry = "rows-without-entry"
            /// Rows name a container that is not committed.
            case rowsWithoutContainer = "rows-without-container"
            /// The catalog has other counts than the container.
            case wrongCounts = "wrong-counts"
            /// Something could not be found out.
            case unknown
        }

        /// What kind of thing.
        package var kind: Kind
        /// The container, if it is about one.
        package var container: ContainerID?
        /// A key of the store, or what keys begin with.
        package var key: String
        /// In words.
        package var detail: String
        /// What can be done about it.
        package var step: Step?

        init(_ kind: Kind, container: ContainerID? = nil, key: String, _ detail: String, step: Step? = nil) {
            (self.kind, self.container, self.key) = (kind, container, key)
            (self.detail, self.step) = (detail, step)
        }

        init(_ kind: Kind, _ record: ContainerRecord, _ detail: String) {
            self.init(kind, container: record.id, key: record.key, detail)
        }

        /// How the program ends because of it.
        package var status: ExitStatus {
            switch kind {
            case .uncommitted, .stalled, .wrongCounts: .partial
            case .unknown: .unavailable
            case .lostObject, .corrupt, .missingRows, .wrongRows, .rowsWithoutEntry, .rowsWithoutContainer: .corrupt
            }
        }
    }

    /// Something that can be done.
    package struct Step: Sendable, Hashable {
        /// What.
        package enum Action: String, Sendable, CaseIterable {
            /// Commit a container, with the rows that wait for it.
            case adopt
            /// Delete an object of which each entry can be read in other, committed containers.
            case delete
            /// Write down how many entries and bytes a container has.
            case correct
        }

        /// What.
        package var action: Action
        /// As it is when it is done; of one that is to be corrected, as the catalog has it.
        package var container: ContainerRecord
        /// The version of the object.
        package var etag: ETag?
        /// Entries of the container.
        package var entryCount: Int
        /// Bytes of the container.
        package var byteCount: Int

        init(_ action: Action, _ uncommitted: Uncommitted) {
            (self.action, container, etag) = (action, uncommitted.record, uncommitted.etag)
            (entryCount, byteCount) = (uncommitted.record.entryCount ?? 0, uncommitted.record.byteCount ?? 0)
        }

        init(correct record: ContainerRecord, entryCount: Int, byteCount: Int) {
            (action, container) = (.correct, record)
            (self.entryCount, self.byteCount) = (entryCount, byteCount)
        }
    }

    /// What was looked at.
    package struct Counts: Sendable, Hashable {
        /// Days.
        package var days = 0
        /// Committed containers.
        package var containers = 0
        /// Entries of committed containers, as the catalog says.
        package var entries = 0
        /// Bytes of committed containers, as the catalog says.
        package var bytes = 0
        /// Objects that nobody committed, and which are too young to say anything about.
        package var young = 0
        /// Containers that are being written.
        package var inWork = 0
        /// Containers of earlier layouts, which no catalog has.
        package var earlier = 0
        /// Objects that are no containers.
        package var others = 0
        /// Days whose files were detached: they were not compared.
        package var detachedDays = 0
    }

    /// How old an uncommitted object has to be.
    package var grace: Duration
    /// What was looked at.
    package var counts = Counts()
    /// In the order of days and keys.
    package var findings: [Finding] = []

    /// What can be done, in this order.
    package var steps: [Step] { findings.compactMap(\.step) }

    /// How the program ends because of the findings.
    package var status: ExitStatus { findings.reduce(.done) { $0.worse($1.status) } }
}
