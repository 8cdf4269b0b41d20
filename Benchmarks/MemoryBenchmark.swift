import ExemplarPartitioning
import Foundation
import Numerics

/// Peak memory of a streaming build, each case in a process of its own.
enum MemoryBenchmark {
  static let childCommand = "memory-child"

  static func run(_ settings: Settings) throws {
    print(
      "peak resident memory of a build, over exemplars [K, D] and one batch [\(Workload.rows), D] in f32"
    )
    print(
      "    D      K  members a region  peak MB  exemplars + batch MB  ratio  with means MB  ratio")
    // The rows are printed by child processes, on the same output.
    fflush(nil)
    for (dimension, count, members) in [(576, 20_000, 1), (2304, 20_000, 1), (2304, 20_000, 2)] {
      let process = Process()
      process.executableURL = URL(filePath: CommandLine.arguments[0])
      process.arguments = [
        childCommand, "\(dimension)", "\(count)", "\(members)", "\(settings.threads)",
      ]
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw BenchmarkError("the child failed") }
    }
  }

  /// Streams `members` passes over `count` founders, generated as they are needed.
  static func runChild(_ arguments: [String]) throws {
    let numbers = arguments.dropFirst().compactMap { Int($0) }
    guard numbers.count == 4 else { throw BenchmarkError("expected 4 numbers") }
    let (dimension, count, members, threads) = (numbers[0], numbers[1], numbers[2], numbers[3])
    // The libraries' own pages are part of every process: a small build has touched them.
    try MatrixProducts.verify()
    _ = build(dimension: dimension, count: 64, batchSize: 64, members: 2, threads: threads)
    let before = try peakMegabytes()
    let dictionary = build(
      dimension: dimension, count: count, batchSize: Workload.rows, members: members,
      threads: threads)
    let peak = try peakMegabytes() - before
    let row = Double(dimension) * 4 / 1e6
    let exemplars = Double(dictionary.count) * row
    let batch = Double(Workload.rows) * row
    print(
      column("\(dimension)", 5), column("\(dictionary.count)", 6), column("\(members)", 17),
      column(peak, 8, digits: 0), column(exemplars + batch, 21, digits: 0),
      column(peak / (exemplars + batch), 6), column(2 * exemplars + batch, 14, digits: 0),
      column(peak / (2 * exemplars + batch), 6))
  }

  private static func build(
    dimension: Int, count: Int, batchSize: Int, members: Int, threads: Int
  ) -> ExemplarDictionary {
    var builder = DictionaryBuilder(
      centre: [Float](repeating: 0, count: dimension), threshold: Workload.Kind.uniform.threshold,
      options: BuildOptions(threads: threads))
    for _ in 0..<members {
      for start in stride(from: 0, to: count, by: batchSize) {
        // The same directions on every pass.
        let rows = Workload(dimension: dimension, count: batchSize, seed: UInt64(start + 1))
          .exemplars
        builder.add(ActivationBatch(rows: rows, count: batchSize))
      }
    }
    return builder.finish().dictionary
  }

  static func peakMegabytes() throws -> Double {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    else { throw BenchmarkError("/proc/self/status has no VmHWM") }
    return kilobytes * 1024 / 1e6
  }
}
