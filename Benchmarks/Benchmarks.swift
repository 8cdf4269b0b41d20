import Foundation
import Numerics

/// Prints speed as ratios to peers measured in the same run; see README.md.
@main
struct Benchmarks {
  static let all: [(name: String, run: @Sendable (Settings) throws -> Void)] = [
    ("build", BuildBenchmark.run), ("matching", AssignmentBenchmark.run),
    ("memory", MemoryBenchmark.run), ("import", ImportBenchmark.run),
    ("language-model", LanguageModelBenchmark.run), ("capture", CaptureBenchmark.run),
    ("explorer", ExplorerBenchmark.run), ("ablation", AblationBenchmark.run),
    ("claims", ClaimsBenchmark.run), ("saturation", SaturationBenchmark.run),
    ("tracing", TracingBenchmark.run), ("engine", EngineBenchmark.run),
  ]

  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    // Memory is measured in processes of their own.
    if arguments.first == MemoryBenchmark.childCommand {
      try MemoryBenchmark.runChild(arguments)
      return
    }
    if arguments.first == ImportBenchmark.childCommand {
      try ImportBenchmark.runChild(arguments)
      return
    }
    if arguments.first == ExplorerOnTerminalBenchmark.childCommand {
      try MainActor.assumeIsolated { try ExplorerOnTerminalBenchmark.runChild(arguments) }
      return
    }
    if arguments.first == LanguageModelBenchmark.childCommand {
      try LanguageModelBenchmark.runChild(arguments)
      return
    }
    var settings = Settings()
    if let index = arguments.firstIndex(of: "--threads"), index + 1 < arguments.count {
      settings.threads = Int(arguments[index + 1]) ?? settings.threads
      arguments.removeSubrange(index...index + 1)
    }
    try MatrixProducts.verify()
    print("\(MatrixProducts.libraryDescription), \(settings.threads) threads")
    for (name, run) in all where arguments.isEmpty || arguments.contains(name) {
      print("\n== \(name)")
      try run(settings)
    }
  }
}

struct Settings {
  var threads = ProcessInfo.processInfo.activeProcessorCount
}

/// Seconds that `body` takes.
func seconds<R>(_ body: () throws -> R) rethrows -> (R, Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try body()
  let (seconds, attoseconds) = (clock.now - start).components
  return (result, Double(seconds) + Double(attoseconds) / 1e18)
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
}

func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(width - text.count, 0)) + text
}

func column(_ value: Double, _ width: Int, digits: Int = 2) -> String {
  column(value.formatted(.number.precision(.fractionLength(digits)).grouping(.never)), width)
}

/// Seeded numbers, the same in every run.
struct BenchmarkRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// Roughly normal, unit variance.
  mutating func gaussian() -> Float {
    let bits = next()
    let sum = (0..<4).reduce(0) { $0 + Int(bits >> (16 * UInt64($1)) & 0xffff) }
    return (Float(sum) - 131_070) / 37_837
  }
}
