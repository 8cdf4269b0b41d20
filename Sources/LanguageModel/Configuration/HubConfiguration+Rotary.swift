/// What a family calls the base of its rotary embedding, and the share of a head that turns.
struct RotaryNames {
  var base = "rope_theta"
  var share = "partial_rotary_factor"
}

extension HubConfiguration {
  /// The rotary embedding, in the spelling of transformers 5 (`rope_parameters`) or before it
  /// (`rope_theta` and `rope_scaling`, or `rotary_emb_base` and `rotary_pct`).
  ///
  /// What the library's versions read under different names has to say the same under all of them.
  ///
  /// - Parameters:
  ///   - partial: the share of a head that turns where the file does not say, in a family whose heads
  ///     may turn in part.
  ///   - base: the base where the file does not say.
  ///   - names: what the family calls both, outside `rope_parameters`.
  func rotaryEmbedding(
    headSize: Int, partial: Float? = nil, base: Float = 10_000, names: RotaryNames = RotaryNames()
  ) throws -> RotaryEmbedding {
    var rotary = try writtenRotaryEmbedding(
      headSize: headSize, partial: partial, base: base, names: names)
    guard has(Self.newRotary) else { return rotary }
    let others = HubConfiguration(values.without(Self.newRotary), name: name)
    let older = try? others.writtenRotaryEmbedding(
      headSize: headSize, partial: partial, base: base, names: names)
    rotary.isOfNewSettings = older != rotary
    return rotary
  }

  /// Where transformers 5 has what the versions before it have in several places, and pass over here.
  private static let newRotary = "rope_parameters"

  private func writtenRotaryEmbedding(
    headSize: Int, partial: Float?, base: Float, names: RotaryNames
  ) throws -> RotaryEmbedding {
    let (new, old) = (try object(Self.newRotary), try object("rope_scaling"))
    if let new, let old, new.values != old.values {
      throw ModelError(
        .unsupported, "\(name): rope_parameters and rope_scaling say different things")
    }
    let share = try agreed(
      read: partial == nil ? [] : [(new, "partial_rotary_factor"), (self, names.share)],
      others: [
        (new, "partial_rotary_factor"), (old, "partial_rotary_factor"),
        (self, "partial_rotary_factor"), (self, "rotary_pct"),
      ], standard: partial ?? 1)
    guard share > 0, share <= 1 else {
      throw ModelError(
        .malformedConfiguration,
        "\(name): expected a partial rotary factor above 0 and up to 1, found \(share)")
    }
    let base = try agreed(
      read: [(new, "rope_theta"), (self, names.base)],
      others: [(old, "rope_theta"), (self, "rope_theta"), (self, "rotary_emb_base")],
      standard: base)
    var rotary = RotaryEmbedding(
      dimension: Int(max(0, min(Float(headSize) * share, 0x1p24))), base: base)
    guard let parameters = new ?? old else { return rotary }
    rotary.scaling = try parameters.rotaryScaling(standard: new == nil ? nil : "default")
    return rotary
  }

  /// What a member of `rope_parameters` may be called; others are not settings of its kinds.
  private static let rotarySettings: Set<String> = [
    "attention_factor", "beta_fast", "beta_slow", "factor", "finetuned", "high_freq_factor",
    "long_factor", "low_freq_factor", "mscale", "mscale_all_dim",
    "original_max_position_embeddings", "partial_rotary_factor", "rope_theta", "rope_type",
    "short_factor", "truncate", "type",
  ]

  /// - Parameter standard: the kind where none is named; `nil` where one has to be.
  private func rotaryScaling(standard: String?) throws -> RotaryEmbedding.Scaling {
    for key in keys where isSet(key) && !Self.rotarySettings.contains(key) {
      throw ModelError(.unsupported, "\(name): \(ModelError.printable(key)) is not implemented")
    }
    func required(_ key: String) throws -> Float {
      guard let value = try float(key) else {
        throw ModelError(.malformedConfiguration, "\(name): \(key) is missing")
      }
      return value
    }
    let (kind, legacy) = (try string("rope_type"), try string("type"))
    // Versions of the library differ on which of the two counts.
    if let kind, let legacy, kind != legacy {
      throw ModelError(
        .unsupported,
        "\(name): rope_type \(ModelError.printable(kind)) and type \(ModelError.printable(legacy)) "
          + "say different things")
    }
    guard let kind = kind ?? legacy ?? standard else {
      throw ModelError(.malformedConfiguration, "\(name): rope_type is missing")
    }
    switch kind {
    case "default": return .none
    case "linear": return .linear(factor: try required("factor"))
    case "llama3":
      return .llama3(
        factor: try required("factor"), lowFactor: try required("low_freq_factor"),
        highFactor: try required("high_freq_factor"),
        originalContext: try required("original_max_position_embeddings"))
    default:
      throw ModelError(
        .unsupported,
        "\(name): RoPE scaling \(ModelError.printable(kind)) is not implemented; those known are "
          + "default, linear, llama3")
    }
  }

  /// The first value under `read`, else `standard`; what stands in another place has to equal it.
  private func agreed(
    read: [(place: HubConfiguration?, key: String)],
    others: [(place: HubConfiguration?, key: String)], standard: Float
  ) throws -> Float {
    let first = try read.first { try $0.place?.float($0.key) != nil }
    let value = try first.flatMap { try $0.place?.float($0.key) } ?? standard
    for (place, key) in read + others {
      guard let place, let other = try place.float(key), other != value else { continue }
      throw ModelError(
        .unsupported,
        "\(place.name): \(key) is \(other), where "
          + (first.map { "\($0.key) is \(value)" } ?? "\(value) is what the model's family has"))
    }
    return value
  }
}
