import Experiments
import Foundation
import Storage
import TestSupport

@testable import Explorer

extension Scene {
  /// In a folder that has been prepared.
  private static func inFolder(
    _ paths: [String] = [""], _ prepare: (TemporaryFolder) throws -> Void
  ) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    try prepare(folder)
    return try ScriptedExplorer(folder: folder, paths: paths)
  }

  /// With effects that fail, or are not answered.
  private static func with(
    _ keys: String, failing: @escaping (Effect.Work) -> String? = { _ in nil },
    pending: @escaping (Effect.Work) -> Bool = { _ in false }
  ) throws -> ScriptedExplorer {
    let explorer = try ScriptedExplorer()
    explorer.failure = failing
    explorer.isPending = pending
    explorer.type(keys)
    return explorer
  }

  private static func extra(_ work: Effect.Work) -> ExtraWork? {
    work.screenWork(ExtraWork.self)
  }

  static let library: [Scene] = [
    Scene("library, empty", "nothing here can be opened yet") { try inFolder { _ in } },
    Scene("library, loading", "looking for dictionaries…") {
      let explorer = try ScriptedExplorer(
        paths: [""],
        isPending: { $0.screenWork(ScanLibrary.self) != nil })
      return explorer
    },
    Scene("library, one that cannot be opened", "✗ broken.epdict") {
      try inFolder { folder in
        try FileManager.default.createDirectory(
          at: folder.file("broken.epdict"), withIntermediateDirectories: true)
        try Data("no database".utf8).write(
          to: folder.file("broken.epdict").appending(path: "dictionary.sqlite"))
        try SampleDictionary.write(to: folder.file("good.epdict"))
      }
    },
    Scene("library, names of all kinds", "tiny-model", "3 dictionaries") {
      try inFolder { folder in
        for name in ["日本語の辞書", "e\u{301}te\u{301}", String(repeating: "long-", count: 40)] {
          try SampleDictionary.write(to: folder.file("\(name).epdict"), regions: 1)
        }
      }
    },
    Scene("opening a dictionary", "opening sample.epdict…") {
      try ScriptedExplorer(isPending: { work in
        if case .openDictionary = work { true } else { false }
      })
    },
  ]

  static let regions: [Scene] = [
    Scene("regions", keys: "", "1 of 6", "Region 0", "Closest"),
    Scene("regions, none", "no regions") { try ScriptedExplorer(regions: 0) },
    Scene("regions, one", "1 of 1", "Region 0") { try ScriptedExplorer(regions: 1) },
    Scene("a region of wide and combining glyphs", keys: "#3<Enter>", "日本語", "été"),
    Scene("a region of control characters", keys: "#4<Enter>", "bell␇", "␛[31mred"),
    Scene("a search that finds nothing", keys: "/zebra<Enter>", "no region matches “zebra”"),
    Scene("a search being typed", keys: "/lock", "/lock", "regions match"),
    Scene("a search with a mistake", keys: "/\"lock<Enter>", "/\"lock"),
    Scene("searching", "/lock") {
      try with("/lock") { _ in
        nil
      } pending: {
        if case .search = $0 { true } else { false }
      }
    },
    Scene("a filter", keys: "fmembers > 50<Enter>", "3 of 6"),
    Scene(
      "a filter that leaves nothing", keys: "fmembers > 5000<Enter>",
      "no region passes members > 5000"),
    Scene("a filter with a mistake", keys: "fmembers ? 3", "column 9"),
    Scene("a filter that needs a comparison", keys: "fdrift:introduced<Enter>", "c compares"),
    Scene("a label being written", keys: "lrefuses", "refuses"),
    Scene("a label on its way", "saving… refuses") {
      let explorer = try ScriptedExplorer()
      explorer.isHoldingSaves = true
      explorer.type("lrefuses<Enter>")
      return explorer
    },
    Scene("a label that was not saved", "not saved: the disk is full") {
      try with("lrefuses<Enter>") {
        if case .saveLabel = $0 { "the disk is full" } else { nil }
      }
    },
    Scene(
      "a very long label", keys: "l" + String(repeating: "long ", count: 60) + "<Enter>",
      "long long"),
    Scene("a note being written", keys: "ifirst<Enter>second", "first", "second"),
    Scene("tags being written", keys: "Tpoison later", "poison later"),
    Scene("going to a region", keys: "#9", "9"),
    Scene("choosing the order", keys: "s", "Sort by", "now"),
    Scene("choosing columns", keys: "C", "members", "tags"),
    Scene("labelling blind", keys: "B", "0 of 6 answered", "hidden"),
    Scene("a name for labels", keys: ":labels-export<Enter>", "labels.jsonl"),
    Scene("a sentence of one's own", keys: "xhello", "hello"),
    Scene("one pane alone", keys: "z", "6 regions"),
  ]

  static let detail: [Scene] = [
    Scene("boundary contexts", keys: "2", "Boundary", "0.99θ"),
    Scene("sampled members", keys: "3", "drawn at random"),
    Scene("neighbours", keys: "4", "Enter goes there"),
    Scene("statistics", keys: "5", "members"),
    Scene("the lens without weights", keys: "6", "--model"),
    Scene("outcomes without a store", keys: "7", "--store"),
    Scene("notes", keys: "8", "note"),
    Scene("a detail that is being read", "Region 1") {
      try with("j", pending: { if case .readRegion = $0 { true } else { false } })
    },
    Scene("a detail that cannot be read", "disk went away") {
      try with("j") { if case .readRegion = $0 { "the disk went away" } else { nil } }
    },
    Scene("surroundings that are being read", "comparing exemplars…") {
      try with("4", pending: { if case .surroundings = extra($0) { true } else { false } })
    },
    Scene("surroundings that cannot be read", "✗ directions are missing") {
      try with("4") { if case .surroundings = extra($0) { "directions are missing" } else { nil } }
    },
  ]

  static let pages: [Scene] = [
    Scene("a document", keys: "<Enter><Enter>", "closest context 1", "pick"),
    Scene("a long document", keys: "#4<Enter><Enter>j<Enter>", "needle"),
    Scene("a document that is being read", "reading document") {
      try with("<Enter><Enter>", pending: { if case .document = extra($0) { true } else { false } })
    },
    Scene("a document that cannot be read", "✗ it is gone") {
      try with("<Enter><Enter>") { if case .document = extra($0) { "it is gone" } else { nil } }
    },
    Scene("results of a search", keys: "/how<Enter>v", "Contexts", "how"),
    Scene("a sentence without weights", keys: "xhello<Enter>", "✗ a search by example"),
    Scene("the map", keys: "m", "Map", "◉", "nearest 8"),
    Scene("the map, narrowed", keys: "mfmembers > 50<Enter>", "3 of 6 lit"),
    Scene("the map, drawn by a search of nothing", keys: "/zebra<Enter>m", "0 of 6 lit"),
    Scene("the map of one region", "Map", "◉") {
      let explorer = try ScriptedExplorer(regions: 1)
      explorer.type("m")
      return explorer
    },
    Scene("the map on its way", "exemplars differ most…") {
      try with("m", pending: { if case .map = extra($0) { true } else { false } })
    },
    Scene("the map that cannot be drawn", "✗ no room") {
      try with("m") { if case .map = extra($0) { "no room" } else { nil } }
    },
    Scene("metrics", keys: "%", "n_partitions", "gini"),
    Scene("metrics on their way", "comparing all pairs of exemplars…", "Sizes") {
      try with("%", pending: { if case .metrics = extra($0) { true } else { false } })
    },
    Scene("metrics that cannot be computed", "✗ too wide") {
      try with("%") { if case .metrics = extra($0) { "too wide" } else { nil } }
    },
  ]

  static let overlays: [Scene] = [
    Scene("help", keys: "?", "Help", "Finding regions"),
    Scene("help that finds nothing", keys: "?zzzz", "no command is called that"),
    Scene("the palette", keys: ":", "Commands"),
    Scene("the palette that finds nothing", keys: ":zzzz", "zzzz", "no command"),
    Scene("the log", keys: "!", "opened sample.epdict"),
    Scene("themes", keys: ":theme<Enter>", "ember"),
    Scene("a name for an export", keys: "E", "sample.tsv"),
    Scene("leaving", keys: "<C-c>", "Leave the explorer?"),
    Scene("leaving with a label that was not saved", "not saved", "s saves again") {
      try with("lrefuses<Enter><Esc>q") {
        if case .saveLabel = $0 { "the disk is full" } else { nil }
      }
    },
    Scene("a copy of the notebook on offer", "with 12 labels", "y takes the copy") {
      let explorer = try ScriptedExplorer()
      explorer.state.overlay = .question(
        .takeCopy(
          .init(name: "notebook-2026-01-02.sqlite", labels: 12),
          setAside: "notebook.sqlite.damaged-1"))
      return explorer
    },
    Scene("the tour", "1 of 6") {
      let explorer = try ScriptedExplorer()
      explorer.type(":tour<Enter>")
      return explorer
    },
  ]

  static let compare: [Scene] = [
    Scene("marked for a comparison", keys: "c", "is A"),
    Scene("comparing", "comparing a.epdict with b.epdict…", "stop comparing") {
      try comparing(pending: true)
    },
    Scene("a comparison", "persisted", "cutoff 0.70") { try comparing(pending: false) },
    Scene("a comparison, narrowed to nothing", "zebra") {
      let explorer = try comparing(pending: false)
      explorer.type("/zebra")
      return explorer
    },
  ]

  private static func comparing(pending: Bool) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    try SampleDictionary.write(to: folder.file("a.epdict"))
    try SampleDictionary.write(to: folder.file("b.epdict"), regions: 4)
    let explorer = try ScriptedExplorer(folder: folder, paths: [""])
    explorer.isPending = { work in
      if case .compare = work.screenWork(CompareWork.self) { pending } else { false }
    }
    explorer.type("cjc")
    return explorer
  }

  static let lab: [Scene] = [
    Scene("the lab without a store", keys: "a", "store"),
    Scene("the lab, opening its store", "opening") {
      try with(
        "a",
        pending: { work in
          if case .open = work.screenWork(LabWork.self) { true } else { false }
        })
    },
    Scene("the lab, predicted", "PREDICTED", "baseline") {
      let explorer = try LabExplorer.make(withModel: false)
      explorer.type("a1")
      return explorer
    },
  ]
}
