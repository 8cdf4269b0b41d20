import ExemplarPartitioning

extension PlaygroundResult {
  /// The command that runs the same, files by their names alone.
  package var command: String {
    var words = ["exemplar", "playground", provenance.dictionary, "--model", provenance.model]
    if let adapter = provenance.adapter { words += ["--adapter", adapter] }
    if provenance.match == .other { words.append("--other-model") }
    words += ["--regions", setup.regions.map(String.init).joined(separator: ",")]
    words += ["--basis", setup.basis.rawValue]
    words += setup.strength.map { ["--ablate=\($0)"] } ?? []
    words += setup.steering == nil ? [] : alpha.map { ["--alpha=\($0)"] } ?? []
    if let hook = setup.actionHook { words += ["--at", hook] }
    words += ["--max-new-tokens", "\(setup.maxNewTokens)", setup.isChat ? "--chat" : "--raw"]
    return (words + ["--"] + setup.prompts).map(AblationResult.quoted).joined(separator: " ")
  }
}
