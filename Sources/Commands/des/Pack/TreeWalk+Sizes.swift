import DESCore
import Glibc

extension TreeWalk {
    /// Calls `body` with all that the walk still finds and the bytes of a file, 0 of anything else. What has vanished by then
    /// is reported.
    func forEach(_ faults: Faults, _ body: (_ item: WalkItem, _ byteCount: Int) -> Void) {
        var walk = self
        while case let items = walk.next(1_024), !items.isEmpty {
            for item in items {
                do throws(DESError) {
                    body(item, item.kind == .file ? try FileReader.status(of: item).st_size : 0)
                } catch {
                    faults.report(error.at(item))
                }
            }
        }
    }
}
