// swift-tools-version:6.2
// DESCore and its tests alone, without any of the package's dependencies: the quick loop, and the one that runs under
// sanitizers. The folders are links to those of the package.
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "core-tests",
    platforms: [.macOS(.v15)],
    products: [.library(name: "DESCore", targets: ["DESCore"])],
    targets: [
        .target(name: "CDESCore", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "DESCore", dependencies: ["CDESCore"], swiftSettings: settings),
        .testTarget(name: "DESCoreTests", dependencies: ["DESCore", "CDESCore"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
