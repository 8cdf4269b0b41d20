import ExemplarPartitioning
import Foundation
import Numerics
import Synchronization
import TensorFiles
import TestSupport

/// One of the reference implementation's golden builds: its shards, what it made of them, and what we make of them.
///
/// Unchecked because JSON objects are not Sendable; nothing changes them.
struct ReferenceCase: @unchecked Sendable {
  static let all = ["p10", "p1", "p10-merge-min2"]
  /// Each case read, calibrated and built once: debug builds are slow.
  private static let loaded = Mutex<[String: ReferenceCase]>([:])

  static func load(_ name: String) throws -> ReferenceCase {
    try loaded.withLock { loaded in
      if let known = loaded[name] { return known }
      let made = try ReferenceCase(name)
      loaded[name] = made
      return made
    }
  }

  let name: String
  let batches: [ActivationBatch]
  let json: [String: Any]
  let tensors: SafetensorsFile
  let calibrated: Calibration
  let dictionary: ExemplarDictionary
  let outcomes: [BatchSummary]

  private init(_ name: String) throws {
    self.name = name
    let folder = Fixtures.url("ep/\(name)/activations")
    let files = try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    var documents = 0
    batches = try files.map { file in
      let archive = try NPZArchive(file)
      let rows = try archive.array("x")
      let prompts = try archive.array("prompts").strings()
      defer { documents += prompts.count }
      return ActivationBatch(
        rows: try rows.floats(), count: rows.shape[0],
        documentOfRow: try archive.array("prompt_ids").int64s().map {
          Int32(documents) + Int32($0)
        },
        positions: try archive.array("position_ids").int64s().map(Int32.init),
        documents: prompts)
    }
    let data = try Data(contentsOf: Fixtures.url("ep/\(name)/expected.json"))
    json = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    tensors = try SafetensorsFile(Fixtures.url("ep/\(name)/expected.safetensors"))
    try MatrixProducts.verify()
    let calibration = json["calibration"] as? [String: Any]
    calibrated = try calibrate(batches, percentile: number(calibration?["percentile"]))
    (dictionary, outcomes) = build(
      batches, calibration: calibrated,
      options: BuildOptions(
        mergeClose: json["merge_close"] as? Bool ?? false,
        minimumMembers: json["min_members"] as? Int ?? 1, threads: 2))
  }

  var calibration: [String: Any] { json["calibration"] as? [String: Any] ?? [:] }
  var regions: [[String: Any]] { json["regions"] as? [[String: Any]] ?? [] }
  var metrics: [String: Any] { json["metrics"] as? [String: Any] ?? [:] }
  var growth: [[Any]] { json["growth"] as? [[Any]] ?? [] }
}

/// Calibrates on batches, in the two passes that a calibration takes.
func calibrate(_ batches: [ActivationBatch], percentile: Double, threads: Int = 2) throws
  -> Calibration
{
  var centre = CentreAccumulator()
  for batch in batches { centre.add(batch) }
  var threshold = ThresholdAccumulator(
    centre: try centre.centre(), percentile: percentile, threads: threads)
  for batch in batches { threshold.add(batch) }
  return try threshold.finish()
}

/// Builds a dictionary with its reservoir.
func build(_ batches: [ActivationBatch], calibration: Calibration, options: BuildOptions)
  -> (dictionary: ExemplarDictionary, outcomes: [BatchSummary])
{
  var builder = DictionaryBuilder(
    centre: calibration.centre, threshold: calibration.threshold, options: options)
  var outcomes: [BatchSummary] = []
  for batch in batches {
    if builder.isSaturated { break }
    outcomes.append(builder.add(batch))
  }
  var (dictionary, request) = builder.finish()
  for batch in batches where !request.isComplete { request.collect(batch) }
  dictionary.reservoir = request.finish()
  return (dictionary, outcomes)
}

func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }

/// Agreement to 1e-5, relative or absolute.
func agree(_ a: Double, _ b: Double) -> Bool {
  abs(a - b) <= 1e-5 * max(1, abs(a), abs(b))
}

func agree(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { agree(Double($0), Double($1)) }
}
