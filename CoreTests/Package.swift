// swift-tools-version:6.2
// DESCore's tests alone, without the command's dependencies: the quick loop, and the one that runs under sanitizers.
import PackageDescription

let package = Package(
    name: "core-tests",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "des", path: "..")],
    targets: [
        .testTarget(
            name: "DESCoreTests",
            dependencies: [.product(name: "DESCore", package: "des")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
