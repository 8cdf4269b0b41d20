import TensorFiles

/// A place in the model where activations can be read or edited, named as in TransformerLens.
///
/// The names are `hook_embed`, `blocks.I.hook_resid_pre`, `blocks.I.attn.hook_z`,
/// `blocks.I.hook_attn_out`, `blocks.I.hook_resid_mid`, `blocks.I.hook_mlp_out`,
/// `blocks.I.hook_resid_post` and `ln_final.hook_normalized`, with layers counted from 0.
package enum HookPoint: Hashable, Sendable {
  /// The token embeddings, scaled where the family scales them, before learned positions.
  case embedding
  /// The residual stream that enters a block.
  case residualPre(layer: Int)
  /// Every head's output side by side, before the output projection: `headCount · headSize` wide.
  case heads(layer: Int)
  /// What attention adds to the residual stream (after the norm that follows it, in Gemma 2).
  case attentionOut(layer: Int)
  /// The residual stream between attention and MLP; absent where the two run side by side.
  case residualMid(layer: Int)
  /// What the MLP adds to the residual stream (after the norm that follows it, in Gemma 2).
  case feedForwardOut(layer: Int)
  /// The residual stream that leaves a block.
  case residualPost(layer: Int)
  /// The normalised final residual stream, before the norm's own weight and bias.
  case finalNormalised

  /// The spelling of TransformerLens.
  package var name: String {
    switch self {
    case .embedding: "hook_embed"
    case .finalNormalised: "ln_final.hook_normalized"
    case .residualPre(let layer), .heads(let layer), .attentionOut(let layer),
      .residualMid(let layer), .feedForwardOut(let layer), .residualPost(let layer):
      "blocks.\(layer).\(suffix)"
    }
  }

  private var suffix: String {
    switch self {
    case .residualPre: "hook_resid_pre"
    case .heads: "attn.hook_z"
    case .attentionOut: "hook_attn_out"
    case .residualMid: "hook_resid_mid"
    case .feedForwardOut: "hook_mlp_out"
    case .residualPost: "hook_resid_post"
    case .embedding, .finalNormalised: name
    }
  }

  /// The block it lies in; `nil` for the two outside all blocks.
  package var layer: Int? {
    switch self {
    case .embedding, .finalNormalised: nil
    case .residualPre(let layer), .heads(let layer), .attentionOut(let layer),
      .residualMid(let layer), .feedForwardOut(let layer), .residualPost(let layer):
      layer
    }
  }

  /// - Throws: `ModelError.unknownHook` with the names there are.
  package init(_ name: String) throws {
    guard let hook = Self(parsing: name) else {
      throw ModelError(
        .unknownHook,
        "\(ModelError.printable(name)) is not a hook; those known are hook_embed, "
          + Self.inLayer(0).map { "blocks.I.\($0.suffix)" }.joined(separator: ", ")
          + " and ln_final.hook_normalized")
    }
    self = hook
  }

  private init?(parsing name: String) {
    switch name {
    case Self.embedding.name: self = .embedding
    case Self.finalNormalised.name: self = .finalNormalised
    default:
      let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
      // Spelled back and compared, so that `blocks.007` or `blocks.+1` is not a second name.
      guard parts.count == 3, parts[0] == "blocks", let layer = Int(parts[1]), layer >= 0,
        let hook = Self.inLayer(layer).first(where: { $0.name == name })
      else { return nil }
      self = hook
    }
  }

  /// Every hook of one block, in the order in which a forward pass reaches them.
  package static func inLayer(_ layer: Int) -> [HookPoint] {
    [
      .residualPre(layer: layer), .heads(layer: layer), .attentionOut(layer: layer),
      .residualMid(layer: layer), .feedForwardOut(layer: layer), .residualPost(layer: layer),
    ]
  }

  /// Where in a forward pass: the layer, and the place in it.
  var order: (layer: Int, stage: Int) {
    switch self {
    case .embedding: (-1, 0)
    case .residualPre(let layer): (layer, 0)
    case .heads(let layer): (layer, 1)
    case .attentionOut(let layer): (layer, 2)
    case .residualMid(let layer): (layer, 3)
    case .feedForwardOut(let layer): (layer, 4)
    case .residualPost(let layer): (layer, 5)
    case .finalNormalised: (.max, 0)
    }
  }
}

extension HookPoint: CustomStringConvertible {
  package var description: String { name }
}

extension HookPoint: Comparable {
  /// In the order in which a forward pass reaches them.
  package static func < (left: HookPoint, right: HookPoint) -> Bool { left.order < right.order }
}
