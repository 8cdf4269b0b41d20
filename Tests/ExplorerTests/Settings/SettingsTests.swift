import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

/// A folder of settings and an explorer that reads it.
private struct SettledExplorer {
  let folder: TemporaryFolder
  let explorer: ScriptedExplorer

  init(_ files: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    try Self.write(files, to: folder)
    explorer = try ScriptedExplorer(settings: folder.file("settings"))
  }

  func save(_ files: [String: String]) throws {
    try Self.write(files, to: folder)
    explorer.wait(.seconds(2))
  }

  private static func write(_ files: [String: String], to folder: TemporaryFolder) throws {
    for (name, text) in files {
      let url = folder.file("settings").appending(path: name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }
}

struct SettingsTests {
  @Test(.timeLimit(.minutes(1)))
  func `a pipe in the place of a theme or of what is remembered is not waited for`() throws {
    let folder = try TemporaryFolder()
    let themes = folder.file("themes")
    try FileManager.default.createDirectory(at: themes, withIntermediateDirectories: true)
    for url in [themes.appending(path: "a.toml"), folder.file("memory.json")] {
      try #require(mkfifo(url.path(percentEncoded: false), 0o600) == 0)
    }
    let reading = try #require(SettingsReading(folder: folder.url, known: nil))
    #expect(reading.problems.map(\.message) == ["not readable as UTF-8"])
    #expect(Memory.read(from: folder.url) == Memory())
  }

  @Test func `without files everything is as it comes`() throws {
    let settled = try SettledExplorer()
    #expect(settled.explorer.state.keymap == .standard)
    #expect(settled.explorer.state.themes.name == "ember")
  }

  @Test func `a keymap file moves a command to another key, and the screen says so`() throws {
    let settled = try SettledExplorer(["keymap.toml": "[regions]\nlabel = \"e Ctrl-e\"\n"])
    #expect(settled.explorer.keys.contains("e label"))
    settled.explorer.type("e")
    #expect(settled.explorer.status.contains("label of region"))
  }

  @Test func `a saved keymap counts at once, and a wrong one leaves the old`() throws {
    let settled = try SettledExplorer(["keymap.toml": "[regions]\nlabel = \"e\"\n"])
    try settled.save(["keymap.toml": "[regions]\nlabel = \"F6\"\n"])
    #expect(settled.explorer.status == "✓ settings read again")
    #expect(settled.explorer.keys.contains("F6 label"))
    try settled.save(["keymap.toml": "[regions]\n\nlable = \"F6 F7\"\n"])
    #expect(settled.explorer.status.contains("keymap.toml:3: no command is called “lable”"))
    #expect(settled.explorer.status.contains("did you mean label?"))
    #expect(settled.explorer.keys.contains("F6 label"))
  }

  @Test(arguments: [
    ("[regions]\nlabel = \"s\"", 2, "s means sort in [regions]"),
    ("[regions]\nlabel = \"F6\"\nstar = \"F6\"", 3, "F6 means label in line 2 already"),
    ("[region]\nlabel = \"e\"", 2, "“region” is none of general, lists"),
    ("label = \"e\"", 1, "keys stand under a heading"),
    ("[regions]\nlabel = \"Hyper-x\"", 2, "“Hyper-x” is no key"),
    ("[regions]\nlabel = 3", 2, "must be text"),
    ("[regions]\nlabel = [1, 2]", 2, "must be text, true or false"),
    ("[regions\nlabel = \"e\"", 1, "parsing table header"),
    ("[regions]\nlabel = \"e\"\nlabel = \"f\"", 3, "has keys in [regions] already"),
  ])
  func `mistakes in a keymap point at their line`(
    _ text: String, _ line: Int, _ message: String
  ) {
    let (keymap, problems) = Keymap.reading(text, file: "keymap.toml")
    #expect(keymap == nil)
    #expect(problems.first?.line == line)
    #expect(problems.first?.message.contains(message) == true, "\(problems)")
  }

  @Test func `two commands can exchange their keys, and a key can be taken away`() throws {
    let (keymap, problems) = Keymap.reading(
      "[regions]\nsort = \"l\"\nlabel = [\"s\"]\nrandom = \"\"\n[sort-chooser]\naccept = \"Space\"",
      file: "keymap.toml")
    #expect(problems == [])
    let map = try #require(keymap)
    #expect(map.command(for: .character("l"), in: [.regions]) == .chooseSort)
    #expect(map.command(for: .character("s"), in: [.regions]) == .label)
    #expect(map.keys(for: .randomRegion) == [])
    #expect(map.command(for: .character(" "), in: [.sortChooser]) == .accept)
  }

  @Test func `a configuration chooses themes, by the background too`() throws {
    let settled = try SettledExplorer([
      "config.toml": "dark-theme = \"tide\"\nlight-theme = \"frost\"\nmouse = false\n"
    ])
    #expect(settled.explorer.state.themes.name == "tide")
    #expect(!settled.explorer.state.isMouseOn)
    settled.explorer.act(.background(.light))
    #expect(settled.explorer.state.themes.name == "frost")
    try settled.save(["config.toml": "theme = \"contrast\"\n"])
    #expect(settled.explorer.state.themes.name == "contrast")
    try settled.save(["config.toml": "theme = 7\n"])
    #expect(settled.explorer.status.contains("config.toml:1: theme must be the name"))
    #expect(settled.explorer.state.themes.name == "contrast")
  }

  @Test func `without settings the background decides`() throws {
    let explorer = try ScriptedExplorer()
    explorer.act(.background(.light))
    #expect(explorer.state.themes.name == "paper")
    explorer.act(.background(.dark))
    #expect(explorer.state.themes.name == "ember")
  }

  @Test func `a theme of the person's own is used, and changes as it is saved`() throws {
    let settled = try SettledExplorer([
      "config.toml": "theme = \"mine\"\n",
      "themes/mine.toml": "name = \"Mine\"\ntext = { fg = \"#111111\", bg = \"#eeeeee\" }\n",
    ])
    let themes = { settled.explorer.state.themes }
    #expect(themes().theme.style("text").foreground == .rgb(17, 17, 17))
    try settled.save(["themes/mine.toml": "text = { fg = \"#222222\" }"])
    #expect(themes().theme.style("text").foreground == .rgb(34, 34, 34))
    try settled.save(["themes/mine.toml": "text = { fg = \"#33333\" }"])
    #expect(settled.explorer.status.contains("themes/mine.toml:1: fg is “#33333”"))
    #expect(themes().theme.style("text").foreground == .rgb(34, 34, 34))
  }

  @Test func `a theme that is not there is told by name`() throws {
    let settled = try SettledExplorer(["config.toml": "theme = \"embers\"\n"])
    #expect(
      settled.explorer.state.log.contains {
        $0.text.hasPrefix("config.toml: theme: no theme is called “embers”; there are ember, tide")
      })
    #expect(settled.explorer.state.themes.name == "ember")
  }

  @Test func `the picker shows each theme, keeps one, or goes back to the one before`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type(":theme<Enter>j")
    #expect(explorer.state.themes.name == "tide")
    #expect(explorer.text.contains("▸ tide"))
    explorer.type("<Esc>")
    #expect(explorer.state.themes.name == "ember")
    explorer.type(":theme<Enter>jj<Enter>")
    #expect(explorer.state.themes.name == "paper")
    #expect(explorer.status == "✓ theme paper")
    explorer.act(.background(.dark))
    #expect(explorer.state.themes.name == "paper")
  }
}
