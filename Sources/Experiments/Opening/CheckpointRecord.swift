/// The weights of a result, so that a number can be traced to them.
package struct CheckpointRecord: Encodable, Sendable {
  var model: String
  var modelName: String?
  var modelHash: String?
  var adapter: String?
  var adapterHash: String?
  var rotaryPrecision: String?
  var match: Checkpoint.Match
  var notices: [String]
  /// Where another engine than our own ran it.
  @IfAny var engine: String?

  package init(_ checkpoint: Checkpoint) {
    (model, modelHash) = (checkpoint.modelName, checkpoint.modelHash)
    modelName = checkpoint.files.ownName
    (adapter, adapterHash) = (checkpoint.adapterName, checkpoint.adapterHash)
    (rotaryPrecision, match) = (checkpoint.rotaryPrecision, checkpoint.match)
    notices = checkpoint.notices
    engine = checkpoint.worker == nil ? nil : checkpoint.engine
  }
}

extension Report {
  /// The report with the weights that its numbers come from.
  package func naming(_ checkpoint: Checkpoint?) -> Report {
    guard let checkpoint else { return self }
    var report = self
    report.entries.append(("checkpoint", JSONValue(encoding: CheckpointRecord(checkpoint))))
    report.text += "\n" + checkpoint.lines.map(onOneLine).joined(separator: "\n")
    return report
  }
}
