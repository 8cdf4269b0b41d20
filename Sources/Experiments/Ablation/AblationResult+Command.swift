import ExemplarPartitioning

extension AblationResult {
  /// The command that runs the same experiment, files by their names alone.
  package var command: String {
    var words = ["exemplar", treated == .steered ? "steer" : "ablate", provenance.dictionary]
    words += ["--store", provenance.store]
    if let model = provenance.model { words += ["--model", model] }
    if let adapter = provenance.adapter { words += ["--adapter", adapter] }
    // By number, so that the same is run even where other prompts would rank regions otherwise.
    switch setup.intervention {
    case .ablate(let strength):
      words += ["--regions", target.regions.map(String.init).joined(separator: ",")]
      if strength != 1 { words += ["--strength", "\(strength)"] }
    case .steer(let alpha):
      if let directions = target.directions {
        words += ["--direction", directions.source.rawValue, "--norms=\(alpha)"]
        if directions.purity != .all { words += ["--purity", directions.purity.rawValue] }
        let others = directions.layers.filter { $0.identity != provenance.identity }
        if !others.isEmpty { words += ["--with"] + others.map(\.dictionary) }
        break
      }
      words += ["--region", target.regions.map(String.init).joined(separator: ",")]
      words += ["--alpha=\(alpha)"]
    case .swap: words.append("--swap")
    }
    if target.directions == nil { words += ["--basis", setup.basis.rawValue] }
    words += ["--null", nullArgument]
    words += ["--depth", setup.depth.rawValue, "--prompts", setup.split]
    if target.directions == nil, actionHook != hook { words += ["--at", actionHook] }
    if let maxNewTokens { words += ["--max-new-tokens", String(maxNewTokens)] }
    if let limit = setup.limit { words += ["--limit", String(limit)] }
    if setup.hasBaselines == true { words.append("--baselines") }
    if target.null.isRandom || setup.hasBaselines == true, setup.seed != 0 {
      words += ["--seed", String(setup.seed)]
    }
    if provenance.match == .other { words.append("--other-model") }
    words += ["--classifier", provenance.classifier]
    if let counting { words += ["--counts-as", counting.words] }
    if let judgedBy {
      words += ["--judge", judgedBy.command]
      if let name = judgedBy.givenName { words += ["--judge-name", name] }
    }
    return words.map(Self.quoted).joined(separator: " ")
  }

  private var nullArgument: String {
    switch target.null {
    case .region, .regions: target.null.regions.map(String.init).joined(separator: ",")
    case .random: "random"
    case .none: "none"
    }
  }

  /// As a shell takes it for one word.
  package static func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,=+:".contains($0))
    }
    return isPlain && !word.isEmpty ? word : shellQuoted(word)
  }
}
