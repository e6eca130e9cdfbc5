/// The version of the libraries and programs.
public enum DESVersion {
    /// Semantic version.
    public static let text = "0.1.0"
}
