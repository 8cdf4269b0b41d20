import Foundation
import Storage

extension EffectPerformer {
  /// Changes to the notebook, and news of it.
  func noted(_ work: Effect.Work) throws -> Outcome {
    let notebook = try openNotebook()
    switch work {
    case .saveLabel(let target, let region, let text):
      try notebook.setLabel(
        text, region: region, identity: target.identity, author: options.author)
      return try saved(notebook, target, region)
    case .saveStar(let target, let region, let isStarred):
      try notebook.setStar(isStarred, region: region, identity: target.identity)
      return try saved(notebook, target, region)
    case .saveNote(let target, let region, let text):
      try notebook.setNote(
        text, region: region, identity: target.identity, author: options.author)
      return try saved(notebook, target, region)
    case .saveTags(let target, let region, let tags):
      try notebook.setTags(
        tags, region: region, identity: target.identity, author: options.author)
      return try saved(notebook, target, region)
    case .undo(let target):
      let changes = try notebook.undo(identity: target.identity)
      return .shifted(changes, try annotations(dictionary(target.dictionary), notebook))
    case .redo(let target):
      let changes = try notebook.redo(identity: target.identity)
      return .shifted(changes, try annotations(dictionary(target.dictionary), notebook))
    case .pollNotebook(let target):
      guard try notebook.version() != target.version else { return .polled(nil) }
      return .polled(try annotations(dictionary(target.dictionary), notebook))
    default: return .done
    }
  }

  /// Acknowledges a change; all is read anew only where somebody else has changed something too.
  private func saved(
    _ notebook: Notebook, _ target: Effect.Target, _ region: Int
  ) throws -> Outcome {
    let version = try notebook.version()
    let changed = try notebook.regionsChanged(since: target.version, identity: target.identity)
    guard changed.allSatisfy({ $0 == region }) else {
      let others = try annotations(dictionary(target.dictionary), notebook)
      return .saved(version: others.version, others: others)
    }
    return .saved(version: version, others: nil)
  }
}
