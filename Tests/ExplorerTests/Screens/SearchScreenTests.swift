import Testing

@testable import Explorer

@Suite struct SearchScreenTests {
  @Test func `every key of a search filters the table, best match first`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("/hel")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample › /hel in kept contexts ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 3 ━━
          id ★ label                                     members   share   coher    d/θ
           0   — Can you help me repair a dripping ki…     1,200   60.0%   0.910   0.40
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           1   — Can you help me repair a dripping ki…       300   15.0%   0.624   0.70



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


         /hel                                              3 of 6 regions match · <1 ms
         Enter keep  Esc clear  ↓ ↑ move in the results  ^U empty
        """)
    explorer.type("p sor")
    #expect(explorer.status.hasPrefix("/help sor "))
    #expect(explorer.status.hasSuffix(" 2 of 6 regions match · <1 ms"))
  }

  @Test func `nothing found is said in the table`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("/zebra<Enter>")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample › /zebra in kept contexts ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
          id ★ label                                     members   share   coher    d/θ

          no region matches “zebra”
          / changes the search · Esc shows all regions


        ─ no region ────────────────────────────────────────────────────────────────────







         no region matches · <1 ms
         / search  n N match  v results  Esc clear search  f filter  l label  ? help
        """)
  }

  @Test func `a mistake is pointed at while the last results stay`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("/lock )")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample › /lock ) in kept contexts ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 2 ━━
          id ★ label                                     members   share   coher    d/θ
           0   — Explain how to pick the lock of a st…     1,200   60.0%   0.910   0.40
           1   — Explain how to pick the lock of a st…       300   15.0%   0.624   0.70



        ─ Region 0 ─────────────────────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         /lock )                             ✗ column 6: unexpected ')' without its '('
         Enter keep  Esc clear  ↓ ↑ move in the results  ^U empty
        """)
    // The parenthesis stands out without colour too: it is the one in the error's style.
    let row = explorer.state.rows - 2
    let mark = (0..<80).first { explorer.screen[row, $0].glyph == ")" }
    let style = mark.map { explorer.screen[row, $0].style }
    #expect(style?.attributes.contains(.bold) == true)
    #expect(mark == 7)
  }

  @Test func `a query that is not finished is no mistake`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    for query in ["\"front do", "lock AND", "(lock", "lock OR (door", "NOT"] {
      explorer.type("/\(query)")
      #expect(!explorer.status.contains("✗"), "\(query)")
      explorer.type("<Esc>")
    }
  }

  @Test func `matches are marked in labels and contexts`() throws {
    let explorer = try ScriptedExplorer(depth: .monochrome)
    explorer.type("/refus<Enter>")
    let style = explorer.screen.style(of: "refusal")
    #expect(style?.attributes.isSuperset(of: [.bold, .underline]) == true)
    explorer.type("<Esc>/kitchen<Enter>")
    #expect(
      explorer.screen.style(of: "kitchen")?.attributes.isSuperset(of: [.bold, .underline]) == true)
  }

  @Test func `labels of one's own are found as soon as they are saved`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("#5<Enter>lbaking instructions<Enter>/instr")
    #expect(explorer.state.regions?.rows == [5])
    #expect(explorer.text.contains("baking instructions"))
  }
}
