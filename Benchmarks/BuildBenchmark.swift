import COpenBLAS
import ExemplarPartitioning
import Foundation
import Numerics
import TensorFiles

/// Streaming build beside numpy's way of writing the method, and beside OpenBLAS's own product of the same shape.
enum BuildBenchmark {
  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-benchmark-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    print(
      "batches of \(Workload.rows) rows, at most 1 % of them new; least times of batches in turns, in ms, and their ratios"
    )
    print(
      "rows         D      K      ours  GFLOP/s      sgemm      numpy  ours/sgemm  numpy/sgemm  numpy/ours  (medians)  exact/ours  products"
    )
    for kind in Workload.Kind.allCases {
      for dimension in [576, 2304] {
        for count in [200, 2_000, 20_000] {
          try runCase(kind, dimension: dimension, count: count, settings, folder)
        }
      }
    }
  }

  private static func runCase(
    _ kind: Workload.Kind, dimension: Int, count: Int, _ settings: Settings, _ folder: URL
  ) throws {
    var workload = Workload(kind, dimension: dimension, count: count)
    var builder = DictionaryBuilder(
      centre: [Float](repeating: 0, count: dimension), threshold: workload.threshold,
      options: BuildOptions(threads: settings.threads))
    for start in stride(from: 0, to: count, by: Workload.rows) {
      let rows = min(Workload.rows, count - start)
      let founders = workload.exemplars[start * dimension..<(start + rows) * dimension]
      builder.add(workload.batch(Array(founders), count: rows))
    }
    let peer = try NumpyPeer(
      "reference_build.py", ["\(workload.threshold)"], threads: settings.threads)
    let exemplarFile = folder.appending(path: "exemplars.npy")
    try NumPyWriter.write(
      NumPyOutput(workload.exemplars, shape: [count, dimension]), to: exemplarFile)
    _ = try peer.ask("load \(exemplarFile.path(percentEncoded: false))")

    // What the product is timed with: as many rows as there are regions.
    var standing = workload.exemplars
    var ours: [Double] = []
    var products: [Double] = []
    var theirs: [Double] = []
    var rates: [Double] = []
    var exact: [Double] = []
    let fixed = DirectionRows(workload.exemplars, dimension: dimension)
    // The first rounds warm caches and fill the regions' samples and contexts.
    let warmUp = 3
    let rounds = count > 10_000 ? 9 : 25
    var before = builder.searchEffort
    let batchFile = folder.appending(path: "batch.npy")
    for round in 0..<warmUp + rounds {
      let rows = workload.nextBatch()
      try NumPyWriter.write(NumPyOutput(rows, shape: [Workload.rows, dimension]), to: batchFile)
      let batch = workload.batch(rows, count: Workload.rows)
      let regions = builder.regionCount
      let (outcome, own) = seconds { builder.add(batch) }
      let product = timeProduct(rows, standing, regions, dimension, settings.threads)
      let units = DirectionRows(rows, dimension: dimension)
      let (_, single) = seconds {
        (0..<Workload.rows).reduce(Float(0)) { $0 + units.product($1, with: fixed, $1 % count) }
      }
      standing += rows.prefix(outcome.founded * dimension)
      let answer = try peer.ask("add \(batchFile.path(percentEncoded: false))")
        .split(separator: " ")
      guard answer.count == 3, let peerSeconds = Double(answer[0]) else {
        throw BenchmarkError("the numpy peer answered \(answer)")
      }
      guard Int(answer[1]) == outcome.founded else {
        throw BenchmarkError(
          "numpy founded \(answer[1]) regions, ours \(outcome.founded): not the same work")
      }
      guard round >= warmUp else {
        before = builder.searchEffort
        continue
      }
      ours.append(own)
      products.append(product)
      theirs.append(peerSeconds)
      exact.append(single)
      rates.append(2 * Double(Workload.rows) * Double(regions) * Double(dimension) / own)
    }
    func least(_ times: [Double]) -> Double { times.min() ?? .nan }
    let (own, product, peerTime) = (least(ours), least(products), least(theirs))
    let effort = builder.searchEffort
    let computed = effort.computed + effort.plain - before.computed - before.plain
    let pairs = effort.pairs + effort.plain - before.pairs - before.plain
    print(
      kind.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0),
      column("\(dimension)", 5), column("\(count)", 6), column(own * 1000, 9),
      column((rates.max() ?? .nan) / 1e9, 8, digits: 1), column(product * 1000, 10),
      column(peerTime * 1000, 10), column(own / product, 11), column(peerTime / product, 12),
      column(peerTime / own, 11), column(median(zip(theirs, ours).map { $0 / $1 }), 10),
      column(least(exact) / own, 11),
      column("\((Double(computed) / Double(max(pairs, 1)) * 1000).rounded() / 10) %", 9))
  }

  /// OpenBLAS's own product of a batch with all exemplars, on its own threads.
  private static func timeProduct(
    _ rows: [Float], _ exemplars: [Float], _ count: Int, _ dimension: Int, _ threads: Int
  ) -> Double {
    var result = [Float](repeating: 0, count: Workload.rows * count)
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(1) }
    let (_, time) = seconds {
      result.withUnsafeMutableBufferPointer { result in
        rows.withUnsafeBufferPointer { rows in
          exemplars.withUnsafeBufferPointer { exemplars in
            MatrixProducts.multiplyTransposed(
              rows.baseAddress!, rows: Workload.rows, exemplars.baseAddress!, columns: count,
              depth: dimension, into: result.baseAddress!, strideC: count)
          }
        }
      }
    }
    return time
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A script that computes with numpy, kept running so that both sides are measured in turns.
///
/// Debian's Python is preferred: its numpy computes with the same OpenBLAS as we do.
final class NumpyPeer {
  private let script: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  init(_ script: String, _ arguments: [String] = [], threads: Int) throws {
    self.script = script
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: script)
    let named = ProcessInfo.processInfo.environment["EXEMPLAR_PEER_PYTHON"].map { [$0] } ?? []
    let python = (named + ["/usr/bin/python3", "/usr/local/bin/python3"]).first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    process.executableURL = URL(filePath: python ?? "/usr/bin/env")
    process.arguments =
      (python == nil ? ["python3"] : []) + [
        script.path(percentEncoded: false)
      ] + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["OPENBLAS_NUM_THREADS"] = "\(threads)"
    process.environment = environment
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func ask(_ line: String) throws -> String {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    var answer = Data()
    while answer.last != UInt8(ascii: "\n") {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
        throw BenchmarkError(
          "\(script) ended: is python3-numpy (for matching, python3-scipy) installed?")
      }
      answer.append(byte)
    }
    return String(decoding: answer.dropLast(), as: UTF8.self)
  }
}
