import ArgumentParser
import DESConsole
import DESCore
import DESStore

extension S3Location {
    static let withoutCreateOnlyHelp: ArgumentHelp =
        "Write to a store that does not keep others from replacing what is written: nobody else may write there meanwhile."

    /// Writes a container there while it is made, without a local copy.
    /// - Parameter trustingOthers: the store need not make sure that nothing is replaced.
    /// - Throws: ``DESError/Code/conflict`` if there is one and it is not to be replaced; ``DESError/Code/unsupported`` if the
    ///   store would replace one that another writer makes meanwhile.
    func sink(replacing: Bool, trustingOthers: Bool) async throws -> ObjectSink {
        try checkIsObject()
        let store = try await Place.bucket(bucket)
        if !replacing {
            if !trustingOthers { try await checkCreateOnly(store, below: ContainerKey.directory(of: key)) }
            try await store.checkIsFree(key)
        }
        return ObjectSink(store, key: key, replacing ? .overwrite : .create, isUnique: trustingOthers)
    }

    /// Tries whether the store of this place keeps objects below `prefix` from being replaced.
    /// - Throws: ``DESError/Code/unsupported`` if not.
    func checkCreateOnly(_ store: some ObjectStore, below prefix: String) async throws {
        let support: CreateSupport
        do {
            support = try await store.createSupport(below: prefix)
        } catch var error as DESError {
            error.place = text  // and not that of the trial's object
            throw error
        }
        guard support != .none else {
            throw DESError(
                .unsupported,
                "the store replaces objects although it is asked not to (If-None-Match is ignored); "
                    + "--without-create-only writes there nevertheless", place: text)
        }
    }
}
