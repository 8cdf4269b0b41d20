import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct RegionScreenTests {
  @Test func `at 80×24 the table stands over the selected region`() throws {
    let explorer = try ScriptedExplorer()
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
           5   — Write a‹ step-by-step› guide on how …         1    0.1%   1.000   0.00
        ─ Region 0 ─────────────────────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 3  nearest the exemplar
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?

         Boundary 2  at the rim of the region
          ▅  0.99θ  pos 1  I'm‹ sorry,› but I can't help with that.
          ▄  0.80θ  pos 7  Can you help me repair a dripping‹ kitchen› tap?


         / search · l label · ? every key · : every command
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }

  @Test func `reading contexts gives them most of the rows`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("<Enter>j")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ─ sample ───────────────────────────────────────────────────────────── 1 of 6 ──
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
        ━ Region 0 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 3  nearest the exemplar
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
        ┃ ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?

         Boundary 2  at the rim of the region
          ▅  0.99θ  pos 1  I'm‹ sorry,› but I can't help with that.
          ▄  0.80θ  pos 7  Can you help me repair a dripping‹ kitchen› tap?





         6 regions · 0 labelled · 1 labelled by others
         Enter document  t tab  l label  Esc table  ? help  : commands  q quit  * star
        """)
  }

  @Test func `a zoomed pane has the whole screen`() throws {
    let explorer = try ScriptedExplorer(columns: 70, rows: 18)
    explorer.type("z")
    expect(
      explorer,
      shows: """
         tiny-model · 3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                          members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the …     1,200   60.0%   0.910   0.40
           1   — …dripping‹ kitchen› tap?          300   15.0%   0.624   0.70
           2   ◇ refusal opener                     77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 …        12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ t…         2    0.1%   0.990   0.10
           5   — Write a‹ step-by-step› gui…         1    0.1%   1.000   0.00







         6 regions · 0 labelled · 1 labelled by others
         / search  f filter  l label  Enter contexts  ? help  : commands
        """)
  }

  @Test func `without token offsets the position is shown, and said so once`() throws {
    let explorer = try ScriptedExplorer(withTokens: false)
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to pick the lock of a st…     1,200   60.0%   0.910   0.40
           1   — Can you help me repair a dripping ki…       300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and été 👩‍👩‍👧 family               12    0.6%   0.700   0.60
           4   — bell␇ esc␛[31mred nul␀ tab⇥ line⏎end          2    0.1%   0.990   0.10
           5   — Write a step-by-step guide on how to…         1    0.1%   1.000   0.00
        ─ Region 0 ─────────────────────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         token offsets not recorded: position shown, token not marked
         Closest 3  nearest the exemplar
          ▁  0.00θ  pos 3  Explain how to pick the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to bake bread at home.
          ▂  0.25θ  pos 2  Can you help me repair a dripping kitchen tap?

         Boundary 2  at the rim of the region
          ▅  0.99θ  pos 1  I'm sorry, but I can't help with that.
          ▄  0.80θ  pos 7  Can you help me repair a dripping kitchen tap?

         / search · l label · ? every key · : every command
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }

  @Test func `the smallest terminal shows both panes`() throws {
    let explorer = try ScriptedExplorer(columns: 60, rows: 16)
    expect(
      explorer,
      shows: """
         tiny-model · 3.hook_resid_post · p 10 · θ 0.500 · K 6
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                members▼   share   coher    d/θ
           0   — …to‹ pick› the l…     1,200   60.0%   0.910   0.40
           1   — …pping‹ kitchen›…       300   15.0%   0.624   0.70
           2   ◇ refusal opener           77    3.9%   0.880   0.30
           3   — …and‹ été› 👩‍👩‍👧 fa…        12    0.6%   0.700   0.60
        ─ Region 0 ─────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910
         ▸1 Closest 2 3 4 5 6 7 8                          1 more ↓
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a
                           stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹
                           bake› bread at home.
         / search · l label · ? every key · : every command
         / search  f filter  l label  Enter contexts  ? help  T tag
        """)
  }

  @Test(arguments: [20, 12, 9])
  func `the narrowest says all of what it needs`(_ columns: Int) throws {
    let explorer = try ScriptedExplorer(columns: columns, rows: 12)
    let words = explorer.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      words == "Terminal too small \(columns)×12, needs 60×16 make it larger, or press q")
  }

  @Test func `a smaller one says what it needs`() throws {
    let explorer = try ScriptedExplorer(columns: 59, rows: 9)
    expect(
      explorer,
      shows: """



                            Terminal too small
                             59×9, needs 60×16
                        make it larger, or press q



        """)
  }

  @Test func `one region fills a table too`() throws {
    let explorer = try ScriptedExplorer(rows: 20, regions: 1)
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 1 · 76ddfb0f
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 1 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40

        ─ Region 0 ─────────────────────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 3  nearest the exemplar
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?

         Boundary 2  at the rim of the region
          ▅  0.99θ  pos 1  I'm‹ sorry,› but I can't help with that.
          ▄  0.80θ  pos 7  Can you help me repair a dripping‹ kitchen› tap?


         / search · l label · ? every key · : every command
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }

  @Test func `texts that terminals find hard keep their columns`() throws {
    let explorer = try ScriptedExplorer(rows: 26)
    explorer.type("#3<Enter>")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 4 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
           5   — Write a‹ step-by-step› guide on how …         1    0.1%   1.000   0.00
        ─ Region 3 ─────────────────────────────────────────────────────────────────────
         12 members · 0.6% of the stream · coherence 0.700 · mean d/θ 0.60
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 2  nearest the exemplar
          ▁  0.00θ  pos 2  日本語の文章 and‹ été› 👩‍👩‍👧 family
          ▂  0.30θ  pos 1  שלום‹ עולם› mixed ⇄override

         Boundary 1  at the rim of the region
          ▅  0.90θ  pos 3  שלום עולם mixed‹ ⇄override›






         6 regions · 0 labelled · 1 labelled by others
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }

  @Test func `control characters are shown and never sent`() throws {
    let explorer = try ScriptedExplorer(rows: 28)
    explorer.type("#4<Enter>")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 5 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   — Explain how to‹ pick› the lock of a …     1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
           5   — Write a‹ step-by-step› guide on how …         1    0.1%   1.000   0.00
        ─ Region 4 ─────────────────────────────────────────────────────────────────────
         2 members · 0.1% of the stream · coherence 0.990 · mean d/θ 0.10
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
         Closest 2  nearest the exemplar
          ▁  0.00θ     pos 1  bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎end
          ▁  0.10θ  pos 1500  …hay3 hay4 hay5 hay6 hay7 hay8 hay9‹ needle› hay1 hay2
                              hay3 hay4 hay5 hay6 hay7 hay8 hay9 hay0 hay1 hay2 hay3 h…

         Boundary 1  at the rim of the region
          █  1.20θ            no text: row 77 of the stream







         6 regions · 0 labelled · 1 labelled by others
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
    #expect(explorer.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
    #expect(!explorer.text.unicodeScalars.contains { (0x7F...0x9F).contains($0.value) })
  }

  @Test func `a wide terminal has the panes side by side, and both ends of a region`() throws {
    let explorer = try ScriptedExplorer(columns: 132, rows: 26)
    try expect(explorer, showsScreen: "regions-wide")
  }

  @Test func `a large terminal has bars and room between contexts`() throws {
    let explorer = try ScriptedExplorer(columns: 200, rows: 60)
    try expect(explorer, showsScreen: "regions-large")
  }

  @Test func `a dictionary without regions says so`() throws {
    let explorer = try ScriptedExplorer(columns: 72, rows: 16, regions: 0)
    expect(
      explorer,
      shows: """
         tiny-model · 3.hook_resid_post · p 10 · θ 0.500 · K 0 · aa6d9579
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
          id ★ label                            members▼   share   coher    d/θ

          this dictionary has no regions
        ─ no region ────────────────────────────────────────────────────────────








         / search · l label · ? every key · : every command
         / search  f filter  l label  Enter contexts  ? help  : commands  T tag
        """)
  }

  @Test func `without colour everything is still told`() throws {
    let explorer = try ScriptedExplorer(rows: 26, depth: .monochrome)
    explorer.type("j*k")
    let screen = explorer.screen
    for row in 0..<screen.rows {
      for column in 0..<screen.columns {
        #expect(screen[row, column].style.foreground == nil)
        #expect(screen[row, column].style.background == nil)
      }
    }
    #expect(screen.style(of: "— Explain how")?.attributes.contains(.reverse) == true)
    // The first is in the table, on the selected row.
    let row = try #require((12..<26).first { screen.text(row: $0).contains("‹ pick›") })
    let column = try #require((0..<80).first { screen[row, $0].glyph == "‹" })
    #expect(screen[row, column + 2].style.attributes.isSuperset(of: [.reverse, .underline]))
    #expect(screen.text(row: 1).hasPrefix("━") && screen.text(row: 9).hasPrefix("─"))
    #expect(screen.text(row: 4).contains("★"))
    explorer.type("<Tab>")
    #expect(explorer.text.split(separator: "\n")[1].hasPrefix("─"))
    #expect(explorer.text.contains("┃"))
  }
}
