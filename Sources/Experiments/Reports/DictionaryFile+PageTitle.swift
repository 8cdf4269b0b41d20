import Storage

extension DictionaryFile {
  /// What tells it from others on a page that is passed on: model, adapter, hook, p and positions, and then its file.
  var pageTitle: String {
    let model = ModelName.short(provenance.model, named: provenance.modelName)
    let adapter = provenance.adapter.map { " + \($0)" } ?? ""
    let parts = [
      model.map { $0 + adapter }, provenance.hook,
      provenance.percentile.map { "p \(formatted($0))" },
      provenance.positions.map { "\($0) positions" },
    ].compactMap(\.self)
    return parts.isEmpty ? name : "\(parts.joined(separator: ", ")) (\(name))"
  }
}
