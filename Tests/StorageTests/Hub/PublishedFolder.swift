import Foundation
import TestSupport

/// The reference's pickle of `ep/p10` as it would be published, with metadata as its build script writes them.
struct PublishedFolder {
  static let folder = "gemma-2-2b_L12_p10"
  static let stem = "gemma-2-2b_layer12"

  let temporary: TemporaryFolder
  /// The folder that holds the dictionary's own.
  let root: URL

  init() throws {
    temporary = try TemporaryFolder()
    root = temporary.url
    try FileManager.default.createDirectory(
      at: root.appending(path: Self.folder), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Fixtures.url("ep/p10/dictionary.pkl"), to: pickle)
    try write(Self.metadata)
  }

  var pickle: URL { root.appending(path: "\(Self.folder)/\(Self.stem).pkl") }
  var metadataFile: URL { root.appending(path: "\(Self.folder)/\(Self.stem)_metadata.json") }

  func write(_ text: String) throws { try Data(text.utf8).write(to: metadataFile) }

  /// Replaces a part of the metadata, which must be there.
  func change(_ old: String, to new: String) throws {
    precondition(Self.metadata.contains(old), "expected \(old)")
    try write(Self.metadata.replacing(old, with: new))
  }

  static let metadata = """
    {
      "config": {
        "output_dir": "results/x", "model": "google/gemma-2-2b", "model_short": "gemma-2-2b", "layer": 12,
        "hook_name": null, "context_length": 128, "log_cadence": 1, "model_batch_size": 4, "max_tokens": 10000000,
        "max_prompts": null, "percentile": 10.0, "calibration_tokens": 200000, "seed": 0,
        "extractor": "per-position", "sampling_mode": "full", "merge_close": false, "device": "cuda"
      },
      "discovery_config": {
        "model": "google/gemma-2-2b", "model_short": "gemma-2-2b", "layer": 12, "hook_name": null,
        "context_length": 128, "model_batch_size": 4, "max_tokens": 10000000, "max_prompts": null,
        "sampling_mode": "full", "percentile": 10.0, "calibration_tokens": 200000, "seed": 0,
        "extractor": "per-position", "merge_close": false
      },
      "discovery": {
        "n_partitions": REGIONS, "n_activations": ACTIVATIONS, "saturated": false, "elapsed_s": 12.5,
        "clustering_time_s": 1.0, "extraction_time_s": 11.0, "threshold": THRESHOLD,
        "snapshots": [
          {"n_acts": 100, "n_prompts": 4, "n_partitions": 7, "new_rate": 0.07, "elapsed_s": 1.0},
          {"n_acts": ACTIVATIONS, "n_prompts": 8, "n_partitions": REGIONS, "new_rate": "0.0133", "elapsed_s": 2.0}
        ]
      },
      "n_forward_passes": 2, "n_prompts": 8, "n_tokens": 4131
    }
    """
    .replacing("REGIONS", with: "\(facts.regions)")
    .replacing("ACTIVATIONS", with: "\(facts.activations)")
    .replacing("THRESHOLD", with: facts.threshold)

  /// Of the reference's own expectations.
  static let facts: (regions: Int, activations: Int, threshold: String) = {
    let data = (try? Data(contentsOf: Fixtures.url("ep/p10/expected.json"))) ?? Data()
    let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    let calibration = json["calibration"] as? [String: Any] ?? [:]
    let regions = json["regions"] as? [[String: Any]] ?? []
    let members = regions.reduce(0) { $0 + ($1["member_count"] as? Int ?? 0) }
    return (json["n_regions"] as? Int ?? 0, members, "\(calibration["threshold"] as? Double ?? 0)")
  }()
}
