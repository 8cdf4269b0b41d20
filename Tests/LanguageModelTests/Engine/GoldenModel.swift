import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// A tiny model with the numbers that the transformers library computed for it.
struct GoldenModel {
  let transformer: Transformer
  let golden: SafetensorsFile
  let name: String

  init(_ name: String, threads: Int = 2) throws {
    self.name = name
    let folder = Self.folder(name)
    transformer = try Transformer(
      Self.description(name), threads: threads)
    golden = try SafetensorsFile(folder.appending(path: "golden.safetensors"))
  }

  static func folder(_ name: String) -> URL { Fixtures.url("models/\(name)") }

  /// The goldens of the half-precision models come from modules that were cast as a whole.
  static func description(_ name: String) throws -> ModelDescription {
    let files = try ModelFiles.find(folder(name).path)
    let cast = try ModelDescription(files).castPrecision
    return try ModelDescription(files, rotaryPrecision: cast ?? .float32)
  }

  func ids(_ name: String) throws -> [[Int]] { try golden.rows(name) }

  var prompts: [[Int]] { get throws { try ids("input_ids") } }

  var promptLength: Int { golden.metadata["prompt_len"].flatMap { Int($0) } ?? 0 }

  /// The golden edit: `""` for none, `ablated.` or `steered.`.
  func edits(_ kind: String) throws -> [Edit] {
    let layer = try #require(golden.metadata["hook_layer"].flatMap { Int($0) })
    let alpha = try #require(golden.metadata["steer_alpha"].flatMap { Float($0) })
    let hook = HookPoint.residualPost(layer: layer)
    let direction = try golden.floats("direction")
    switch kind {
    case "ablated.":
      return [Edit(at: hook, .ablate(centre: try golden.floats("center"), basis: direction))]
    case "steered.": return [Edit(at: hook, .steer(direction: direction, alpha: alpha))]
    default: return []
    }
  }

  var residualHooks: [HookPoint] {
    (0..<transformer.configuration.layerCount).map { .residualPost(layer: $0) }
  }
}

/// The largest difference between two lists of numbers, as a share of the largest golden one.
func relativeError(_ found: [Float], _ golden: [Float]) -> Float {
  guard found.count == golden.count else { return .infinity }
  let scale = golden.map(abs).max() ?? 1
  var worst: Float = 0
  for (found, golden) in zip(found, golden) {
    let difference = abs(found - golden)
    guard difference.isFinite else { return .infinity }
    worst = max(worst, difference)
  }
  return worst / scale
}
