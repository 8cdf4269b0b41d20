// swift-tools-version: 6.2
import PackageDescription

/// For modules of loops over activations and weights, in debug builds: unoptimised they are much of what the tests cost.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
  name: "exemplar",
  products: [
    .executable(name: "exemplar", targets: ["exemplar"]),
    // For the fuzzer in Tests/Fuzz, which is a package of its own.
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
  ],
  targets: [
    // What Swift cannot import by itself, and nothing else.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstandard", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(
      name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
    .target(
      name: "CNCurses",
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    // Loops compiled for several instruction sets, which Swift cannot choose between at run time.
    // Optimised in debug builds too: tests of whole models would take minutes otherwise.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),

    // The worker that `exemplar engine write` puts where it is wanted, out of the one file there is of it.
    .target(name: "CEngineScript"),

    // Dependencies point one way: a module imports only what stands above it here.
    .target(name: "Numerics", dependencies: ["COpenBLAS"], swiftSettings: optimised),
    .target(
      name: "ExemplarPartitioning", dependencies: ["Numerics", "CKernels"],
      swiftSettings: optimised),
    .target(
      name: "TensorFiles", dependencies: ["CZlib", "CZstandard", "CBrotli"],
      swiftSettings: optimised),
    .target(
      name: "LanguageModel",
      dependencies: ["TensorFiles", "Numerics", "COpenBLAS", "CKernels"],
      swiftSettings: optimised),
    .target(name: "Engines", dependencies: ["LanguageModel", "TensorFiles", "Numerics"]),
    .target(
      name: "Storage",
      dependencies: [
        "ExemplarPartitioning", "TensorFiles", "CKernels",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .target(name: "Regions", dependencies: ["Storage", "ExemplarPartitioning", "Numerics"]),
    .target(
      name: "Experiments",
      dependencies: [
        "ExemplarPartitioning", "TensorFiles", "Numerics", "Storage", "Regions", "LanguageModel",
        "Engines",
      ]),
    .target(
      name: "Themes", path: "Themes",
      resources: ["ember", "tide", "paper", "frost", "contrast", "console"].map {
        .embedInCode("\($0).toml")
      }),
    .target(
      name: "Terminal",
      dependencies: ["CNCurses", "Themes", .product(name: "TOMLKit", package: "TOMLKit")]),
    .target(
      name: "Explorer",
      dependencies: [
        "Terminal", "ExemplarPartitioning", "Engines", "Experiments", "LanguageModel", "Numerics",
        "Regions", "Storage", "TensorFiles",
      ]),
    .executableTarget(
      name: "exemplar",
      dependencies: [
        "Explorer", "CEngineScript", "Engines", "ExemplarPartitioning", "Experiments",
        "LanguageModel", "Numerics", "Regions", "Storage", "TensorFiles", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Explorer", "Engines", "Experiments", "Terminal", "Storage", "ExemplarPartitioning",
        "LanguageModel", "TensorFiles", "Numerics", "COpenBLAS",
      ],
      path: "Benchmarks",
      exclude: [
        "README.md", "reference_build.py", "assignment_peer.py", "transformers_peer.py",
        "llama_cpp_peer.py", "pickle_peer.py", "probe_peer.py", "engine_on_device.py",
      ]),

    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Engines", "Experiments", "Explorer", "LanguageModel", "Regions", "Storage", "TensorFiles",
        "Terminal", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      path: "Tests/Fuzz/Targets"),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"]),
    .testTarget(
      name: "ExemplarPartitioningTests",
      dependencies: [
        "ExemplarPartitioning", "Numerics", "CKernels", "TensorFiles", "TestSupport",
      ], swiftSettings: optimised),
    .testTarget(name: "TensorFilesTests", dependencies: ["TensorFiles", "TestSupport"]),
    .testTarget(
      name: "LanguageModelTests", dependencies: ["LanguageModel", "CKernels", "TestSupport"]),
    .testTarget(
      name: "EnginesTests",
      dependencies: ["exemplar", "Engines", "LanguageModel", "TensorFiles", "TestSupport"]),
    .testTarget(
      name: "StorageTests",
      dependencies: [
        "Regions", "Storage", "TensorFiles", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .testTarget(name: "RegionsTests", dependencies: ["Regions", "Storage"]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Engines", "Experiments", "ExemplarPartitioning", "LanguageModel", "Numerics", "Regions",
        "Storage", "TensorFiles", "TestSupport",
      ]),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal", "TestSupport"]),
    .testTarget(
      name: "ExplorerTests", dependencies: ["Explorer", "Numerics", "Regions", "TestSupport"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["exemplar", "Numerics", "Storage", "TensorFiles", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
