extension Settings {
    /// Where containers go.
    public static let storeURL = Setting(
        "store.url", .text, unset: "what works with containers does not start",
        help: """
            Where containers are: `s3://bucket`, or a directory of this machine. Keys begin with names.key-prefix. How a bucket
            is reached is read from the AWS_… variables and files, as by the AWS tools.
            """)

    /// The store.
    public static let store: [any SettingDeclaration] = [storeURL]
}
