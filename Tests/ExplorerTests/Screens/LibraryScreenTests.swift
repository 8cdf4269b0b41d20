import Foundation
import LanguageModel
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct LibraryScreenTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.file("models/deep"), withIntermediateDirectories: true)
    try SampleDictionary.write(to: folder.file("models/one.epdict"))
    try SampleDictionary.write(to: folder.file("models/deep/two.epdict"), regions: 2)
    try FileManager.default.createDirectory(
      at: folder.file("models/broken.epdict"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Fixtures.url("ep/p10/dictionary.pkl"), to: folder.file("models/reference.pkl"))
    try Data("text".utf8).write(to: folder.file("models/notes.txt"))
  }

  @Test func `everything under a folder is listed by model, with what is broken`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    expect(
      explorer,
      shows: """
         exemplar
        ━ Library models ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
           dictionary                               p     θ      K activations labelled
         tiny-model
           deep/two  blocks.3.hook_resid_post      10 0.500      2       2,000        0
           one  blocks.3.hook_resid_post           10 0.500      6       2,000        0
         reference pickles
           reference.pkl  246.3 KB, read when it is opened
         cannot be opened
           ✗ broken.epdict  broken.epdict: not a dictionary: dictionary.sqlite is not …
        ─ deep/two.epdict ────────────────────────────────── Tab · rows 1 to 11 of 25 ──
         belongs with          one.epdict
         identity              de2fc15858350835
         exemplars             2 × 6
         threshold θ           0.5000
         documents             8
         labelled              0 by you
         size                  66.2 KB
         model                 tiny-model
         hook                  blocks.3.hook_resid_post
         ready                 browse, search, label, compare; paths, neighbourhood;
                               directions by sampled members
         3 dictionaries · 1 cannot be opened
         Enter open  c compare  j k move  / find  F5 rescan  : commands  ? help  q quit
        """)
  }

  @Test func `Tab goes to what is known of an entry, which is scrolled to its end`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    #expect(!explorer.text.contains("path   "))
    explorer.type("<Tab>G")
    #expect(explorer.row(with: "path  ") != nil)
    let title = try #require(explorer.row(with: "of 25 ━"))
    #expect(!explorer.screen.text(row: title).contains("Tab · "))
    #expect(explorer.screen.text(row: title).contains("to 25 of 25"))
    explorer.type("gk<Esc>")
    #expect(explorer.state.library.isReading == false && explorer.text.contains("Tab · rows 1 to"))
    explorer.type("<Tab>G<Tab>j")
    #expect(explorer.state.library.detailTop == 0)
  }

  @Test func `a build that goes on is shown as it goes, and as a dictionary when it is done`()
    throws
  {
    let place = folder.file("models/new.epdict.checkpoint")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    func tell(_ activations: Int, _ regions: Int, _ more: String = "") throws {
      let status =
        #"{"stage":"building","activations":\#(activations),"regions":\#(regions),"#
        + #""newRegionRate":0.02,"tokensPerSecond":900,"secondsLeft":300,"model":"tiny-model","#
        + #""hook":"blocks.3.hook_resid_post","percentile":10,"folder":"/a b","#
        + #""command":"exemplar build \#(more)"}"#
      try Data(status.utf8).write(to: place.appending(path: "status.json"))
    }
    try tell(12_345, 67)
    let held = open(place.path(percentEncoded: false), O_RDONLY)
    defer { close(held) }
    try #require(flock(held, LOCK_EX | LOCK_NB) == 0)
    let explorer = try ScriptedExplorer(columns: 180, rows: 40, folder: folder, paths: ["models"])
    func row() -> String {
      explorer.row(with: "new  ").map { explorer.screen.text(row: $0) } ?? ""
    }
    #expect(row().contains("new  being built  about 5 min left"))
    #expect(row().contains("12,345") && row().contains(" 67 "))
    explorer.type("jj")
    for fact in [
      "going on", "building", "2 % of activations", "900 tokens/s", "about 5 min", "blocks.3",
    ] { #expect(explorer.text.contains(fact), "\(fact)") }
    explorer.type("<Enter>")
    #expect(explorer.status.contains("it is being built; it opens when it is done"))
    explorer.type("c")
    #expect(explorer.status.contains("build: only dictionaries are compared"))

    try tell(22_222, 89)
    explorer.wait(.milliseconds(600))
    #expect(row().contains("12,345"))
    explorer.wait(.milliseconds(600))
    #expect(row().contains("22,222") && row().contains(" 89 "))
    flock(held, LOCK_UN)
    try tell(22_222, 89, "-o \\u001B[31mnew.epdict")
    explorer.wait(.seconds(2))
    #expect(row().contains("new  interrupted"))
    #expect(explorer.text.contains("interrupted; nothing was kept"))
    #expect(!explorer.text.contains("\u{1B}"))
    explorer.type("<Enter>")
    #expect(explorer.copied == ["cd '/a b' && exemplar build -o ␛[31mnew.epdict"])
    #expect(explorer.status.contains("the command that goes on with it"))
    // Damaged beside what was kept, and whole again.
    for name in ["build.safetensors", "status.json"] {
      try Data("{".utf8).write(to: place.appending(path: name))
    }
    explorer.wait(.seconds(2))
    #expect(explorer.text.contains("expected how far a build is"))
    try tell(33_333, 90)
    explorer.wait(.seconds(2))
    #expect(row().contains("33,333") && row().contains("interrupted"))
    explorer.type("/p10 build<Enter>")
    #expect(row().contains("33,333"))
    explorer.type("<Esc>")

    try FileManager.default.removeItem(at: place)
    try SampleDictionary.write(to: folder.file("models/new.epdict"), regions: 3)
    explorer.wait(.seconds(2))
    #expect(row().contains("blocks.3.hook_resid_post") && row().contains(" 3 "))
    #expect(!row().contains("interrupted"))
  }

  @Test func `a folder of others is not taken for a build, whatever it is called`() throws {
    let other = folder.file("models/run.checkpoint")
    try FileManager.default.createDirectory(at: other, withIntermediateDirectories: false)
    try Data(#"{"loss": 1}"#.utf8).write(to: other.appending(path: "status.json"))
    try SampleDictionary.write(to: other.appending(path: "inner.epdict"), regions: 2)
    let explorer = try ScriptedExplorer(columns: 120, rows: 40, folder: folder, paths: ["models"])
    #expect(explorer.text.contains("run.checkpoint/inner"))
    #expect(!explorer.text.contains("how far a build is"))
    try FileManager.default.removeItem(at: other.appending(path: "inner.epdict"))
    for name in ["config.json", "model.safetensors"] {
      try Data("{}".utf8).write(to: other.appending(path: name))
    }
    explorer.type("<F5>")
    #expect(explorer.text.contains("model run.checkpoint"))
  }

  @Test func `a dictionary is opened and left again`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    explorer.type("j<Enter>")
    #expect(explorer.text.contains("Library › one"))
    #expect(explorer.state.regions?.dictionary.name == "one.epdict")
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .library)
    #expect(explorer.state.library.selected?.name == "one.epdict")
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .library)
    #expect(explorer.status.contains("this is the first screen"))
    explorer.type("<Enter>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `a folder that is a link is looked into, and so is what links within it lead to`()
    throws
  {
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: folder.file("models"))
    // One that leads back up, and another name of what is listed already.
    try FileManager.default.createSymbolicLink(
      at: folder.file("models/up"), withDestinationURL: folder.file("models"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("models/same.epdict"), withDestinationURL: folder.file("models/one.epdict"))
    let explorer = try ScriptedExplorer(folder: folder, paths: ["link"])
    #expect(
      explorer.state.library.entries?.map(\.name)
        == ["deep/two.epdict", "one.epdict", "reference.pkl", "broken.epdict"])
    explorer.type("jj<Enter>")
    #expect(explorer.state.regions != nil)
  }

  @Test func `the library is narrowed by words, and Esc shows all again`()
    throws
  {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    explorer.type("/TINY two")
    #expect(explorer.state.library.entries?.map(\.name) == ["deep/two.epdict"])
    explorer.type("<Enter>")
    #expect(explorer.status.hasPrefix("1 with “TINY two”"))
    explorer.type("<Enter>")
    #expect(explorer.state.regions?.dictionary.name == "two.epdict")
    explorer.type("<Esc>/<Ctrl-u>nothing of the sort")
    #expect(explorer.text.contains("nothing here has “nothing of the sort”"))
    explorer.type("<Enter><Esc>")
    #expect(explorer.state.library.entries?.count == 4)
  }

  @Test func `what comes into a folder while the library is open is listed by itself`() throws {
    let explorer = try ScriptedExplorer(columns: 80, rows: 24, folder: folder, paths: ["models"])
    func names() -> [String] { explorer.state.library.entries?.map(\.name) ?? [] }
    /// How much is asked for while a few seconds pass.
    func asked() -> UInt64 {
      let before = explorer.state.lastEffect
      for _ in 0..<3 { explorer.wait(.seconds(1)) }
      return UInt64(explorer.state.lastEffect - before)
    }
    let quiet = asked()
    explorer.type("j")
    let selected = explorer.state.library.selected?.name
    // A folder without a status says nothing yet.
    let place = folder.file("models/new.epdict.checkpoint")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    explorer.wait(.seconds(1))
    #expect(!names().contains("new.epdict.checkpoint"))
    let command = "exemplar build --model tiny-model --text pages.jsonl --hook blocks.3.hook"
    let status =
      #"{"stage":"building","activations":500,"regions":1,"model":"tiny-model","#
      + #""hook":"blocks.3.hook","folder":"/a/folder/of/mine","command":"\#(command) -o new.epdict"}"#
    try Data(status.utf8).write(to: place.appending(path: "status.json"))
    explorer.wait(.seconds(1))
    #expect(names().contains("new.epdict.checkpoint"))
    #expect(explorer.state.library.selected?.name == selected)
    // Interrupted: what goes on with it is whole on a small screen.
    let row = try #require(explorer.state.library.entries?.firstIndex { $0.kind == "build" })
    explorer.type("g" + String(repeating: "j", count: row))
    let said = explorer.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " ")
    #expect(said.contains("\(command) -o new.epdict"), "\(explorer.text)")
    #expect(said.contains("/a/folder/of/mine"))
    #expect(explorer.text.contains("rows 1 to "))
    // In folders below too, and what goes.
    try SampleDictionary.write(to: folder.file("models/deep/three.epdict"))
    try FileManager.default.removeItem(at: place)
    explorer.wait(.seconds(1))
    #expect(names().contains("deep/three.epdict") && !names().contains("new.epdict.checkpoint"))
    // Nothing else makes it look through all of them again.
    #expect(asked() == quiet)
  }

  @Test func `weights are called by the name that is written in their file`() throws {
    var bytes = Data("GGUF".utf8)
    func append<Value: FixedWidthInteger>(_ value: Value) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func append(_ text: String) {
      append(UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    }
    append(UInt32(3))
    append(UInt64(0))
    append(UInt64(2))
    for (key, value) in [("general.architecture", "llama"), ("general.name", "Tiny Story 1B")] {
      append(key)
      append(UInt32(8))
      append(value)
    }
    try bytes.write(to: folder.file("models/model.gguf"))
    // Cut short, and of no name: by their files.
    try bytes.prefix(40).write(to: folder.file("models/short.gguf"))
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    let models = explorer.state.library.entries?.filter { $0.kind == "model" } ?? []
    #expect(models.map(\.group) == ["short", "Tiny Story 1B"])
    #expect(explorer.row(with: "Tiny Story 1B") != nil)

    // Elsewhere and called as the dictionary has it, by their file, as over its regions; beside it by the name written there.
    let elsewhere = folder.file("tiny-model.Q4_1.gguf")
    try bytes.write(to: elsewhere)
    let dictionary = try explorer.performer.dictionary(folder.file("models/one.epdict"))
    func title(_ url: URL) -> String { explorer.performer.title(of: .gguf(url), for: dictionary) }
    #expect(title(elsewhere) == "tiny-model.Q4_1.gguf")
    #expect(title(folder.file("models/model.gguf")) == "Tiny Story 1B (model.gguf)")
    let beside = folder.file("models/tiny-model.Q4_1.gguf")
    try bytes.write(to: beside)
    #expect(title(beside) == "Tiny Story 1B (tiny-model.Q4_1.gguf)")
  }

  @Test func `a reference pickle is opened by importing it`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    explorer.type("G")
    explorer.type("k<Enter>")
    #expect(explorer.state.screen == .regions)
    #expect(explorer.state.regions?.dictionary.name == "reference.pkl")
  }

  @Test func `what is broken says why and is not opened`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models"])
    explorer.type("G<Enter>")
    #expect(explorer.state.screen == .library)
    #expect(explorer.status.contains("not a dictionary: dictionary.sqlite is not there"))
  }

  @Test func `an empty folder says what would fill it`() throws {
    try FileManager.default.createDirectory(
      at: folder.file("empty"), withIntermediateDirectories: true)
    let explorer = try ScriptedExplorer(rows: 16, folder: folder, paths: ["empty"])
    expect(
      explorer,
      shows: """
         exemplar
        ━ Library empty ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

          nothing here can be opened yet










         0 dictionaries
         Enter open  j k move  / find  F5 rescan  : commands  ? help  q quit
        """)
  }

  @Test func `a path that is not there is told`() throws {
    let explorer = try ScriptedExplorer(rows: 16, folder: folder, paths: ["nowhere.epdict"])
    #expect(explorer.status == "✗ nowhere.epdict: no such file or folder")
    #expect(explorer.text.contains("cannot be opened"))
  }

  @Test func `a folder with one dictionary needs no choosing`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models/deep"])
    #expect(explorer.state.screen == .regions)
  }

  @Test func `beside the one dictionary that was named stands what lies in its folder`() throws {
    let explorer = try ScriptedExplorer(folder: folder, paths: ["models/one.epdict"])
    #expect(explorer.state.screen == .regions)
    explorer.type("c")
    #expect(
      explorer.state.library.entries?.map(\.name)
        == ["one.epdict", "reference.pkl", "broken.epdict"])
    #expect(explorer.text.contains("Library models"))
    explorer.type("gjc")
    #expect(explorer.state.library.marks.isEmpty)
    let samples = try Samples.explorer("smollm2-refusal.last.p10")
    samples.type("c")
    #expect(samples.text.contains("A smollm2-refusal.last.p10"))
    #expect(samples.state.library.entries?.count { $0.kind == "dictionary" } == 6)
    samples.type("gjc")
    // Of a model and the same with an adapter, the model is A.
    #expect(samples.state.compare?.opened.a.dictionary.name == "smollm2-instruct.last.p10.epdict")
    #expect(samples.state.compare?.opened.b.dictionary.name == "smollm2-refusal.last.p10.epdict")
  }

  @Test func `dictionaries that are marked in an order are compared in that order`() throws {
    let samples = try Samples.explorer("smollm2-refusal.last.p10")
    samples.type("c<Esc>gjjjj")
    #expect(samples.state.library.selected?.name == "smollm2-refusal.last.p10.epdict")
    samples.type("<Space>gj<Space>c")
    #expect(samples.text.contains("A is B's model with an adapter"))
    #expect(samples.state.compare?.opened.a.dictionary.name == "smollm2-refusal.last.p10.epdict")
  }

  @Test func `a dictionary's folder of another name is opened, and its neighbours are listed`()
    throws
  {
    try FileManager.default.createDirectory(
      at: folder.file("named"), withIntermediateDirectories: true)
    try SampleDictionary.write(to: folder.file("named/a"))
    try SampleDictionary.write(to: folder.file("named/b.epdict"), regions: 2)
    let explorer = try ScriptedExplorer(folder: folder, paths: ["named/a"])
    #expect(explorer.state.screen == .regions)
    explorer.type("c")
    #expect(explorer.state.library.entries?.map(\.name) == ["a", "b.epdict"])
  }

  @Test func `several dictionaries are offered, each once`() throws {
    let explorer = try ScriptedExplorer(
      folder: folder, paths: ["models/one.epdict", "models/deep/two.epdict", "models"])
    #expect(
      explorer.state.library.entries?.map(\.url.lastPathComponent)
        == ["one.epdict", "two.epdict", "reference.pkl", "broken.epdict"])
    #expect(explorer.state.screen == .library)
  }

  @Test func `while a dictionary is opened the screen says so`() {
    var state = Session(paths: [folder.file("models/one.epdict")], columns: 80, rows: 20)
    _ = state.update(.start)
    var screen = Terminal.Screen(columns: 80, rows: 20)
    view(state, theme: .builtIn, into: &screen)
    #expect(screen.text.contains("opening one.epdict…"))
  }
}
