import Foundation

/// The settings of an adapter that say what its weights do, in one spelling.
///
/// Two adapters of the same weights and the same of these compute the same; how they were trained,
/// what the model was called and where it lay is left out. Lists that PEFT writes in any order are
/// sorted, and settings that say what is so without them are passed over.
package enum AdapterSettings {
  /// Settings that change nothing about given weights.
  private static let silent: Set<String> = [
    "auto_mapping", "base_model_name_or_path", "corda_config", "eva_config", "inference_mode",
    "loftq_config", "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core",
    "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
  ]
  /// Settings whose lists are sets.
  private static let sets: Set<String> = [
    "exclude_modules", "layers_pattern", "layers_to_transform", "modules_to_save",
    "target_modules", "target_parameters",
  ]
  /// Settings of which one value alone is a list of one.
  private static let lists: Set<String> = ["layers_pattern", "layers_to_transform"]
  /// What PEFT takes where a setting is left out.
  private static let standards: [String: HubConfiguration.Value] = [
    "bias": .string("none"), "lora_alpha": .number(8), "r": .number(8),
  ]

  /// The settings in `adapter_config.json` of `folder`; `nil` without such a file.
  ///
  /// - Throws: `ModelError.malformedConfiguration` for a file that is not a JSON object.
  package static func canonical(folder: URL) throws -> String? {
    let url = folder.appending(path: "adapter_config.json")
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      return nil
    }
    let configuration = try HubConfiguration(url)
    var lines: [String] = []
    for key in configuration.keys where !silent.contains(key) {
      guard var value = configuration.member(key), !isNothing(value),
        standards[key] != value, !(key == "init_lora_weights" && startsPlainly(value))
      else { continue }
      if lists.contains(key) {
        if case .array = value {} else { value = .array([value]) }
      }
      let isOrdered = key == "rank_pattern" || key == "alpha_pattern"
      lines.append(
        "\(text(key))=\(text(value, isSet: sets.contains(key), isOrdered: isOrdered))")
    }
    return lines.sorted().joined(separator: "\n")
  }

  private static func isNothing(_ value: HubConfiguration.Value) -> Bool {
    switch value {
    case .null, .bool(false), .string(""), .array([]): true
    case .object(let members): members.isEmpty
    default: false
    }
  }

  /// Whether training began without taking a part out of the model's own weights.
  private static func startsPlainly(_ value: HubConfiguration.Value) -> Bool {
    switch value {
    case .bool: true
    case .string(let name): AdapterConfiguration.plainStarts.contains(name.lowercased())
    default: false
    }
  }

  /// Strings with their length before them, so that no two values are spelled alike.
  private static func text(_ string: String) -> String { "\(string.utf8.count):\(string)" }

  private static func text(
    _ value: HubConfiguration.Value, isSet: Bool = false, isOrdered: Bool = false
  ) -> String {
    switch value {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .string(let value): return text(value)
    case .array(let values):
      let items = values.map { text($0) }
      return "[" + (isSet ? Array(Set(items)).sorted() : items).joined(separator: ",") + "]"
    case .object(let members):
      // Of patterns the first that fits counts, in the file's order.
      let names = isOrdered ? members.names : members.names.sorted()
      let items = names.map { text($0) + "=" + text(members[$0] ?? .null) }
      return "{" + items.joined(separator: ",") + "}"
    }
  }
}
