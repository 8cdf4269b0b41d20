/// The names that TransformerLens gives to the places of a model.
package enum HookName {
  private static let outside: Set<String> = [
    "hook_embed", "hook_pos_embed", "hook_tokens", "ln_final.hook_scale",
    "ln_final.hook_normalized",
  ]

  private static let ofBlock: Set<String> = {
    let stream = [
      "resid_pre", "resid_mid", "resid_post", "attn_in", "q_input", "k_input", "v_input",
      "mlp_in", "attn_out", "mlp_out",
    ]
    let attention = [
      "q", "k", "v", "z", "rot_q", "rot_k", "attn_scores", "pattern", "result",
    ]
    let perceptron = [
      "pre", "pre_linear", "mid", "post", "expert_weights", "expert_indices",
    ]
    let norms = ["ln1", "ln2", "ln1_post", "ln2_post", "mlp.ln"]
    return Set(
      stream.map { "hook_\($0)" } + attention.map { "attn.hook_\($0)" }
        + perceptron.map { "mlp.hook_\($0)" }
        + norms.flatMap { ["\($0).hook_scale", "\($0).hook_normalized"] })
  }()

  package static func isOne(_ name: String) -> Bool {
    if outside.contains(name) { return true }
    guard let layer = layer(of: name) else { return false }
    return ofBlock.contains(String(name.dropFirst("blocks.\(layer).".count)))
  }

  /// The block that it lies in; `nil` for what lies in none.
  package static func layer(of name: String) -> Int? {
    guard let match = name.prefixMatch(of: /blocks\.(0|[1-9][0-9]{0,4})\./) else { return nil }
    return Int(match.output.1)
  }
}
