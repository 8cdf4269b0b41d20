import Regions
import Terminal
import Testing

@testable import Explorer

@Suite struct OverlayScreenTests {
  @Test func `help lists every command`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("?")
    // The first lines alone: every new command would change the others.
    for line in [
      "╭─ Help ─", "│ find ", "by name, or by key: ^D, z, Esc",
      // It opens on the screen that it was asked from.
      "│ Finding regions",
      " more below ─╯",
    ] { #expect(explorer.row(with: line) != nil, "\(line)") }
    #expect(explorer.keys == "Esc close  ↓ ↑ scroll")
    let shown = HelpLine.lines(keymap: .standard, search: "").compactMap { line in
      if case .entry(let command, _) = line { command } else { nil }
    }
    #expect(Set(shown) == Set(Command.allCases))
  }

  @Test
  func `help begins with the screen's own keys, and shows none that means something else there`()
    throws
  {
    let here: [KeyLayer] = [.playground, .lists, .general]
    let lines = HelpLine.lines(keymap: .standard, search: "", here: here)
    #expect(lines.first == .heading("Playground"))
    let keys = lines.reduce(into: [Command: String]()) { keys, line in
      if case .entry(let command, let text) = line { keys[command] = text }
    }
    #expect(keys[.playLess]?.contains("-") == true && keys[.playMore]?.contains("+") == true)
    for command in [Command.growPane, .shrinkPane] {
      let shown = try #require(keys[command])
      #expect(!shown.contains("+") && !shown.contains("-") || shown.hasPrefix(":"), "\(shown)")
    }
    // Elsewhere those keys are theirs.
    let regions = HelpLine.lines(keymap: .standard, search: "", here: [.regions, .lists, .general])
    #expect(
      regions.contains {
        if case .entry(.growPane, let keys) = $0 { keys.contains("+") } else { false }
      })
    #expect(Set(keys.keys) == Set(Command.allCases))
  }

  @Test func `help has whole borders on every page, whatever screen it is asked from`() throws {
    let library = try ScriptedExplorer(paths: [""])
    let regions = try ScriptedExplorer()
    let compare = try CompareFixture.compared()
    let (trace, lab) = (try TraceExplorer.make(), try TraceExplorer.make())
    trace.type("phow<Enter>")
    lab.type("a")
    var seen: Set<[KeyLayer]> = []
    for explorer in [library, regions, compare, trace, lab] {
      let layers = explorer.state.restingLayers
      seen.insert(layers)
      let count = HelpLine.lines(keymap: explorer.state.keymap, search: "", here: layers).count
      for (columns, rows) in [(80, 24), (200, 60)] {
        let body = Rect(row: 1, column: 0, rows: rows - 3, columns: columns)
        let box = HelpLine.box(in: body)
        for top in stride(from: 0, to: count, by: box.rows - 3) {
          var screen = Terminal.Screen(columns: columns, rows: rows)
          var help = HelpState()
          help.top = top
          HelpView(session: explorer.state, help: help, theme: .builtIn)
            .draw(into: &screen, body: body)
          for row in box.row + 1..<box.endRow - 1 {
            let ends = [screen[row, box.column].glyph, screen[row, box.endColumn - 1].glyph]
            #expect(ends == ["│", "│"], "\(layers), \(columns)×\(rows): \(screen.text(row: row))")
          }
        }
      }
    }
    #expect(seen.count == 5 && seen.contains { $0.contains(.compare) })
  }

  @Test func `help is searched by name`() throws {
    let explorer = try ScriptedExplorer(rows: 16)
    explorer.type("?undo")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ╭─ Help ───────────────────────────────────────────────────────────────────────╮
        │ find undo                            by name, or by key: ^D, z, Esc          │
        │ Labels and stars                                                             │
        │                u  undo the last label or star                          :undo │
        │               ^R  do again what was undone                             :redo │
        │                                                                              │
        │                                                                              │
        │                                                                              │
        │                                                                              │
        │                                                                              │
        │                                                                              │
        │                                                                              │
        ╰──────────────────────────────────────────────────────────────────────────────╯
         6 regions · 0 labelled · 1 labelled by others
         Esc close  ↓ ↑ scroll
        """)
  }

  @Test(arguments: [
    ("^D", [Command.halfPageDown, .deleteForward]), ("S", [.reverseSort, .labExperiments]),
    ("Esc", nil),
    ("ctrl-r", [.redo]),
  ])
  func `help is searched by key`(_ key: String, _ expected: [Command]?) {
    let lines = HelpLine.lines(keymap: .standard, search: key)
    #expect(lines.first == .heading("On the key \(key)"))
    let commands = lines.dropFirst().prefix { if case .entry = $0 { true } else { false } }
      .compactMap { if case .entry(let command, _) = $0 { command } else { nil } }
    if let expected { #expect(commands == expected) } else { #expect(commands.contains(.back)) }
  }

  @Test func `the palette finds commands by a few letters`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type(":sbc")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          ╭─ Commands ───────────────────────────────────────────────────────────────╮θ
          │ :sbc                                                                     │0
          │  Sort by coherence               s c  sort by coherence, how alike the … │0
          │  Sort by distance                s d  sort by mean distance to the exem… │0
          │  Sort by best match              s b  sort by how well regions match th… │0
          │                                                                          │0
        ─ │                                                                          │──
         1│                                                                          │
         ▸│                                                                          │
          │                                                                          │
          │                                                                          │
          │                                                                          │
          ╰──────────────────────────────────────────────────────────────────────────╯

         6 regions · 0 labelled · 1 labelled by others
         Enter run  ↓ ↑ choose  Esc close
        """)
    explorer.type("<Enter>")
    #expect(explorer.state.regions?.sort == RegionSort(.coherence))
  }

  @Test func `the name a keymap uses is the best match for itself`() throws {
    let offered = Command.allCases.filter(\.isInPalette)
    for command in offered {
      #expect(CommandSearch.fuzzy(command.rawValue, among: offered).first?.command == command)
      #expect(CommandSearch.fuzzy(command.title, among: offered).first?.command == command)
    }
  }

  @Test func `a number in the palette is a region`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type(":4")
    #expect(explorer.text.contains("Go to region 4"))
    explorer.type("<Enter>")
    #expect(explorer.state.regions?.selected == 4)
  }

  @Test func `the log keeps what was said`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("lx<Enter>")
    explorer.wait(.seconds(65))
    explorer.type("#99<Enter>!")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   x                                           1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
          ╭─ Log and jobs of this session ───────────────────────────────────────────╮0
          │ 0:00    opened sample.epdict: 6 regions                                  │0
        ─ │ 0:00  ✓ labelled region 0 · u undoes                                     │──
         1│ 1:05  ✗ “99” is no region: expected 0 to 5                               │
         ▸╰──────────────────────────────────────────────────────────────────────────╯
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         6 regions · 1 labelled · 1 labelled by others
         Esc close  j k move
        """)
  }

  @Test func `the sort chooser shows what the order is now`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("s")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0╭─ Sort by ────────────────╮he lock of a …     1,200   60.0%   0.910   0.40
           1│ i  id                    │ap?                  300   15.0%   0.624   0.70
           2│ *  star                  │                      77    3.9%   0.880   0.30
           3│ l  label                 │👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4│ t  tag                   │␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Re│ m  members         ▼ now │────────────────────────────────────────────────
         1,2│ c  coherence             │ream · coherence 0.910 · mean d/θ 0.40
         ▸1 │ d  distance              │ 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁ │ f  founding              │o‹ pick› the lock of a stranger's front door.
          ▁ │ h  share of template     │by-step guide on how to‹ bake› bread at home.
          ▂ ╰──────────────────────────╯› me repair a dripping kitchen tap?


         6 regions · 0 labelled · 1 labelled by others
         Enter done  j k choose  S reverse  Esc cancel
        """)
    explorer.type("d")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                     members   share   coher   d/θ▲
           5   — Write a‹ step-by-step› guide on how …         1    0.1%   1.000   0.00
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
        ─ Region 5 ─────────────────────────────────────────────────────────────────────
         1 member · 0.1% of the stream · coherence 1.000 · mean d/θ 0.00
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 1  nearest the exemplar
          ▁  0.00θ  pos 2  Write a‹ step-by-step› guide on how to bake bread at home.

         Boundary 1  at the rim of the region
          ▁  0.00θ  pos 2  Write a‹ step-by-step› guide on how to bake bread at home.
         6 regions · 0 labelled · 1 labelled by others
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }
}
