import Foundation
import Storage

/// A reference pickle turned into a dictionary, beside Python's own reading of it into memory.
enum ImportBenchmark {
  static let childCommand = "import-child"

  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-import-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let peer = try NumpyPeer("pickle_peer.py", threads: settings.threads)
    print("a pickle of K regions × 2304 with sampled members, to a synced dictionary")
    print("     K    tokens    GB  import s  pickle.load s  import/load  our peak MB")
    // The rows are printed by child processes, on the same output.
    fflush(nil)
    for (count, tokens) in [(2_000, 400_000), (20_295, 15_200_000)] {
      let pickle = folder.appending(path: "k\(count).pkl").path(percentEncoded: false)
      let bytes = try peer.ask("make \(pickle) \(count) 2304 \(tokens)")
      // In turns, and the least of them: other work on a machine only ever adds.
      let loads = try (0..<2).map { _ in Double(try peer.ask("load \(pickle)")) ?? .nan }
      let process = Process()
      process.executableURL = URL(filePath: CommandLine.arguments[0])
      process.arguments = [
        childCommand, pickle, "\(count)", "\(tokens)", bytes, "\(loads.min() ?? .nan)",
      ]
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw BenchmarkError("the child failed") }
      try FileManager.default.removeItem(atPath: pickle)
    }
  }

  /// Imports once, and prints the row: peak memory is of a whole process.
  static func runChild(_ arguments: [String]) throws {
    guard arguments.count == 6, let count = Int(arguments[2]), let tokens = Int(arguments[3]),
      let bytes = Double(arguments[4]), let load = Double(arguments[5])
    else { throw BenchmarkError("expected a pickle and its figures") }
    let pickle = URL(filePath: arguments[1])
    let output = pickle.deletingPathExtension().appendingPathExtension("epdict")
    defer { try? FileManager.default.removeItem(at: output) }
    let time = try seconds { try PickleImport(pickle).write(to: output) }.1
    print(
      column("\(count)", 6), column("\(tokens)", 9), column(bytes / 1e9, 5), column(time, 9),
      column(load, 14), column(time / load, 12),
      column(try MemoryBenchmark.peakMegabytes(), 12, digits: 0))
  }
}
