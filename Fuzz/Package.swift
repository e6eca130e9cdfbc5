// swift-tools-version:6.2
// libFuzzer targets. Built with `--sanitize=fuzzer`, which gives each executable libFuzzer's main; see scripts/fuzz.
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    // Not the package itself: its dependencies would all be fetched.
    dependencies: [.package(name: "core-tests", path: "../CoreTests")],
    targets: [
        .executableTarget(
            name: "fuzz-reader", dependencies: [.product(name: "DESCore", package: "core-tests")],
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz-writer", dependencies: [.product(name: "DESCore", package: "core-tests")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
