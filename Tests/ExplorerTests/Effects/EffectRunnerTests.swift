import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Explorer

@Suite struct EffectRunnerTests {
  private func answers(_ runner: EffectRunner, _ count: Int) async throws -> [EffectID: Explorer
    .Reply]
  {
    var found: [EffectID: Reply] = [:]
    for _ in 0..<500 where found.count < count {
      for case .replied(let id, let outcome) in runner.takeReplies() { found[id] = outcome }
      try await Task.sleep(for: .milliseconds(10))
    }
    return found
  }

  @Test func `work is done elsewhere, and what came too late is not done at all`() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("sample.epdict")
    try SampleDictionary.write(to: url)
    let wakes = Mutex(0)
    let runner = EffectRunner(
      EffectPerformer(.init(notebook: folder.file("notebook.sqlite")))
    ) { wakes.withLock { $0 += 1 } }
    runner.run(Effect(id: 1, work: .openDictionary(url)))
    for id in 2...40 {
      runner.run(Effect(id: id, work: .readRegion(dictionary: url, region: id % 6, query: nil)))
    }
    let found = try await answers(runner, 40)
    #expect(found.count == 40)
    guard case .region(let last) = found[40] else {
      Issue.record("the last region was not read: \(String(describing: found[40]))")
      return
    }
    #expect(last.detail.id == 40 % 6)
    #expect(found.values.contains(.superseded))
    #expect(wakes.withLock { $0 } == 40)
  }

  @Test func `finishing waits until labels are on disk`() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("sample.epdict")
    let identity = try SampleDictionary.write(to: url)
    let runner = EffectRunner(EffectPerformer(.init(notebook: folder.file("notebook.sqlite")))) {}
    let target = Effect.Target(dictionary: url, identity: identity, version: 0)
    for region in 0..<6 {
      runner.run(Effect(id: region, work: .saveLabel(target, region: region, text: "label")))
    }
    runner.finishWriting()
    let labels = try Notebook(folder.file("notebook.sqlite")).labels(for: identity)
    #expect(labels.count == 6)
  }

  @Test func `what happened to the notebook's file is said by the next look for changes`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("sample.epdict")
    let identity = try SampleDictionary.write(to: url)
    let notebook = folder.file("notebook.sqlite")
    let performer = EffectPerformer(.init(notebook: notebook))
    let target = Effect.Target(dictionary: url, identity: identity, version: 0)
    _ = performer.perform(.saveLabel(target, region: 1, text: "one"))
    try FileManager.default.removeItem(at: notebook)
    guard
      case .saved(let version, _) = performer.perform(.saveLabel(target, region: 2, text: "two"))
    else {
      Issue.record("a deleted notebook is written back")
      return
    }
    guard case .changedLabels(let said, let annotations) = performer.perform(.pollNotebook(target))
    else {
      Issue.record("it is said")
      return
    }
    #expect(said.contains("deleted or moved") && said.contains("written back"))
    #expect(annotations.labels.entries.keys.sorted() == [1, 2] && annotations.version == version)
    var current = target
    current.version = version
    #expect(performer.perform(.pollNotebook(current)) == .polled(nil))
    #expect(try Notebook(notebook).labels(for: identity).count == 2)
  }

  @Test func `errors are answers`() {
    let performer = EffectPerformer(.init(notebook: URL(filePath: "/dev/null/notebook.sqlite")))
    let outcome = performer.perform(.openDictionary(URL(filePath: "/nowhere.epdict")))
    #expect(outcome == .failed("nowhere.epdict: no such file or folder"))
    guard case .failed = performer.perform(.openNotebook) else {
      Issue.record("a notebook cannot lie in a device")
      return
    }
  }
}
