import Experiments
import Foundation
import Storage

extension EffectPerformer {
  /// Changes to the notebook, and news of it.
  func changeNotebook(_ work: Effect.Work) throws -> Reply {
    let notebook = try openNotebook()
    switch work {
    case .takeCopy(let name):
      try notebook.takeCopy(named: name)
      return .copyTaken(name)
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
      let version = try notebook.version()
      let news = notebook.takeNews()
      guard news.isEmpty else { return try changed(news.joined(separator: ". "), target, notebook) }
      guard version != target.version else { return .polled(nil) }
      return .polled(try annotations(dictionary(target.dictionary), notebook))
    case .exportLabels(let target, let path):
      let lines = try notebook.exportLines(for: target.identity)
      try NewFile.write(
        LabelSheet.text(lines, for: path), to: path, within: options.writes)
      let count = lines.split(separator: "\n").count
      return try changed("wrote \(Figures.count(count, "line")) to \(path)", target, notebook)
    case .importLabels(let target, let path, let regionCount):
      let report = try notebook.importLabels(
        URL(filePath: path), identity: target.identity, regionCount: regionCount)
      return try changed(Self.summary(report), target, notebook)
    case .mergeLabels(let target, let theirs, let base, let regionCount):
      let report = try notebook.mergeLabels(
        theirs: URL(filePath: theirs), base: URL(filePath: base), identity: target.identity,
        regionCount: regionCount)
      return try changed(Self.summary(report), target, notebook)
    case .carryLabels(let target, let url, let cutoff):
      return try carry(target, from: url, cutoff: cutoff, notebook)
    default: return .done
    }
  }

  private func changed(
    _ text: String, _ target: Effect.Target, _ notebook: Notebook
  ) throws -> Reply {
    .changedLabels(text, try annotations(dictionary(target.dictionary), notebook))
  }

  private static func summary(_ report: LabelImport) -> String {
    var text = "\(report.added) taken over, \(report.unchanged) as they were"
    if !report.conflicts.isEmpty {
      let regions = Set(report.conflicts.map(\.region)).sorted().prefix(5).map(String.init)
      text +=
        "; \(Figures.count(report.conflicts.count, "conflict")), yours kept (regions \(regions.joined(separator: ", ")))"
    }
    if report.silent > 0 { text += "; \(Figures.count(report.silent, "row")) without a label" }
    if report.otherDictionaries > 0 {
      text +=
        "; \(report.otherDictionaries) of another dictionary: import them there, and :labels-carry brings them here by exemplar match"
    }
    return text
  }

  /// Carries labels to the regions that have none to be seen.
  private func carry(
    _ target: Effect.Target, from url: URL, cutoff: Double, _ notebook: Notebook
  ) throws -> Reply {
    let source = try DictionaryLocation.open(url, cache: options.cache)
    let file = try dictionary(target.dictionary)
    let known = try annotations(file, notebook).labels.entries
    let found = try LabelCarrying.labels(
      from: source, LabelView(source, notebook), to: file, cutoff: cutoff)
    let open = found.filter { known[$0.region] == nil }
    try notebook.carry(open, identity: target.identity)
    let text =
      "⇢ carried \(Figures.count(open.count, "label")) from \(source.name) at cosine ≥ \(Figures.fixed(cutoff, 2))"
      + (open.isEmpty ? "" : "; l and Enter confirms one, u takes all back")
    return try changed(text, target, notebook)
  }

  /// Acknowledges a change; all is read anew only where somebody else has changed something too.
  private func saved(
    _ notebook: Notebook, _ target: Effect.Target, _ region: Int
  ) throws -> Reply {
    let version = try notebook.version()
    let changed = try notebook.regionsChanged(since: target.version, identity: target.identity)
    guard changed.allSatisfy({ $0 == region }) else {
      let others = try annotations(dictionary(target.dictionary), notebook)
      return .saved(version: others.version, others: others)
    }
    return .saved(version: version, others: nil)
  }
}
