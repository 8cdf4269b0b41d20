// swift-tools-version: 6.2
import PackageDescription

// A package of its own: libFuzzer brings the main function, which no other product may have to do without.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "exemplar", path: "../..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "FuzzTargets", package: "exemplar")],
      path: "Runner", swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ],
  swiftLanguageModes: [.v6]
)
