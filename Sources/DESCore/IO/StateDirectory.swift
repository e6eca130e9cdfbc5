internal import Glibc

/// Where programs of a host keep what has to outlive them.
public enum StateDirectory {
    /// Where that is unless another place is named: systemd's `$STATE_DIRECTORY`, or `des` below `$XDG_STATE_HOME` or
    /// `~/.local/state`; `nil` if none of these variables is set.
    public static func standardPath(_ variable: (String) -> String?) -> String? {
        func directory(_ name: String, _ below: String) -> String? {
            variable(name).flatMap { $0.isEmpty ? nil : $0 + below }
        }
        return directory("STATE_DIRECTORY", "") ?? directory("XDG_STATE_HOME", "/des")
            ?? directory("HOME", "/.local/state/des")
    }

    /// Makes the directory at `path` and those above it, for their owner alone, unless they are there.
    package static func make(_ path: String) throws(DESError) {
        if mkdir(path, 0o700) == 0 { return try synchronize(parent(of: path)) }
        switch errno {
        case EEXIST: return
        case ENOENT where parent(of: path) != path:
            try make(parent(of: path))
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw .system(errno, "cannot make the directory", path)
            }
            try synchronize(parent(of: path))
        default: throw .system(errno, "cannot make the directory", path)
        }
    }

    /// `.` for a name alone, and a root for itself.
    private static func parent(of path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return SpoolFile.directory(of: String(path))
    }

    /// What was made in a directory is still there after the machine has crashed.
    static func synchronize(_ path: String) throws(DESError) {
        try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY).synchronize()
    }
}
