import Storage

/// Which model an entry is of, and whose it is besides.
extension LibraryEntry {
  /// The family of the model it is of.
  package var model: String? {
    let name: String? =
      switch content {
      case .dictionary(let summary): summary.provenance.model
      case .store(let summary): summary.model
      case .adapter(let base, _): base
      case .model(let name, _): name
      case .pickle: published?.model
      case .build(let found): found.status.model
      case .broken: nil
      }
    return name.map(ModelName.family)
  }

  /// What the file of its model calls it, as was recorded when it was captured.
  var recordedModelName: String? {
    switch content {
    case .dictionary(let summary): summary.provenance.modelName
    case .store(let summary): summary.modelName
    case .adapter, .model, .pickle, .build, .broken: nil
    }
  }

  /// Of a dictionary.
  var identity: String? {
    if case .dictionary(let summary) = content { summary.identity } else { nil }
  }

  /// The hash of its model's weights, as was recorded.
  package var modelHash: String? {
    switch content {
    case .dictionary(let summary): summary.provenance.modelHash
    case .store(let summary): summary.modelHash
    case .adapter, .model, .pickle, .build, .broken: nil
    }
  }

  /// The adapter that its model had.
  package var adapter: String? {
    switch content {
    case .dictionary(let summary): summary.provenance.adapter
    case .store(let summary): summary.adapter
    case .adapter: name.split(separator: "/").last.map(String.init)
    case .pickle, .model, .build, .broken: nil
    }
  }
}
