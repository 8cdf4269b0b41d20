import Foundation
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct PublishedLibraryTests {
  private let folder: TemporaryFolder
  private let performer: EffectPerformer

  init() throws {
    folder = try TemporaryFolder()
    performer = EffectPerformer(.init(notebook: folder.file("notebook.sqlite")))
  }

  private static let metadata = """
    {"config": {"model": "google/gemma-2-2b", "model_short": "gemma-2-2b", "layer": 12, "hook_name": null,
      "percentile": 10, "seed": 0, "context_length": 128, "model_batch_size": 128},
     "discovery": {"n_partitions": 203, "n_activations": 15200000, "threshold": 0.8744, "snapshots": []},
     "n_prompts": 119000, "n_tokens": 15319000}
    """

  /// A dictionary in a hub cache, as links to blobs.
  private func cache(metadata: String = Self.metadata) throws -> URL {
    let cache = folder.file("hub")
    let repository = cache.appending(path: "datasets--J-RUM--exemplar-partitioning")
    let blobs = repository.appending(path: "blobs")
    let snapshot = repository.appending(path: "snapshots/c0/gemma-2-2b_L12_p10")
    for url in [blobs, snapshot] {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    for (name, data) in [
      ("gemma-2-2b_layer12.pkl", try Data(contentsOf: Fixtures.url("ep/p10/dictionary.pkl"))),
      ("gemma-2-2b_layer12_metadata.json", Data(metadata.utf8)),
    ] {
      try data.write(to: blobs.appending(path: "b\(data.count)"))
      try FileManager.default.createSymbolicLink(
        atPath: snapshot.appending(path: name).path,
        withDestinationPath: "../../../blobs/b\(data.count)")
    }
    try Data("half".utf8).write(to: blobs.appending(path: "cc.incomplete"))
    return cache
  }

  private func entries(in cache: URL) -> [LibraryEntry] {
    LibraryScan(performer: performer).entries(
      under: [], cached: HubCacheScan(cache: cache).dictionaries())
  }

  @Test func `a published dictionary in the hub cache is listed under its model with its facts`()
    throws
  {
    let found = entries(in: try cache())
    #expect(found.map(\.name) == ["gemma-2-2b/12/10", "a download that is not finished"])
    #expect(found[0].model == "gemma-2-2b")
    #expect(found[0].group == "gemma-2-2b")
    #expect(found[0].published?.hook == "blocks.12.hook_resid_post")
    #expect(found[0].published?.regions == 203)
    #expect(found[0].content == .pickle(bytes: 246_337))
    var state = Session(paths: [], columns: 160, rows: 40)
    state.library.show(found)
    state.library.cursor = try #require(
      state.library.entries?.firstIndex { $0.name == "gemma-2-2b/12/10" })
    var screen = Terminal.Screen(columns: 160, rows: 40)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text.contains(/repository +J-RUM\/exemplar-partitioning/))
    #expect(screen.text.contains(/regions +203/))
    #expect(screen.text.contains(/ready +browse, search, label, compare/), "\(screen.text)")
    #expect(screen.text.contains(/needs weights +trace, search by example, lens/))
    #expect(screen.text.contains(/needs store, weights +ablation; steering/))
    #expect(screen.text.contains(/weights +the weights of google\/gemma-2-2b/))
    guard case .broken(let reason) = found[1].content else {
      Issue.record("expected it to be half downloaded")
      return
    }
    #expect(reason.contains("half downloaded") && reason.contains("exemplar fetch J-RUM"))
  }

  @Test func `metadata that cannot be read is told in the place of the dictionary`() throws {
    let found = entries(in: try cache(metadata: "{"))
    guard case .broken(let reason) = found[0].content else {
      Issue.record("expected its metadata to be told")
      return
    }
    #expect(reason.contains("gemma-2-2b_layer12_metadata.json"))
  }

  @Test func `what is listed under the paths is not listed again`() throws {
    let cache = try cache()
    let root = cache.appending(path: "datasets--J-RUM--exemplar-partitioning/snapshots")
    let found = LibraryScan(performer: performer).entries(
      under: [root], cached: HubCacheScan(cache: cache).dictionaries())
    #expect(found.count { $0.kind == "pickle" } == 1)
  }

  @Test func `the list shows its figures beside those of our own`() throws {
    var library = LibraryScreen(roots: [])
    library.show(entries(in: try cache()))
    #expect(library.lines.first == .heading("gemma-2-2b"))
    let explorer = try ScriptedExplorer(folder: folder, paths: ["hub"])
    let shown = explorer.text
    #expect(shown.contains("15,200,000"), "\(shown)")
    #expect(shown.contains("203"))
    #expect(shown.contains("0.874"))
  }
}
