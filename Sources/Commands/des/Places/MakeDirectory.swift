import DESCore
import Glibc

/// Makes a directory and those above it, like `mkdir -p`.
/// - Throws: ``DESError/Code/conflict`` if it is there and no directory.
func makeDirectory(_ path: String) throws(DESError) {
    try makeUnlessThere(path)
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system(errno, "cannot open", path) }
    if status.st_mode & S_IFMT != S_IFDIR { throw DESError(.conflict, "is not a directory", place: path) }
}

private func makeUnlessThere(_ path: String) throws(DESError) {
    let parent = SpoolFile.directory(of: path)
    if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, !path.isEmpty, parent != path else { throw .system(errno, "cannot create", path) }
    try makeUnlessThere(parent)
    if mkdir(path, 0o777) != 0, errno != EEXIST { throw .system(errno, "cannot create", path) }
}
