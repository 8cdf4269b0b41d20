import Storage
import Testing

@testable import Explorer

@Suite struct LabelScreenTests {
  @Test func `a label is written in the row it belongs to`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("llock pick")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   lock pick
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Region 0 ─────────────────────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         label of region 0
         Enter save  Esc cancel
        """)
  }

  @Test func `a label is pending until the notebook has it`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.isHoldingSaves = true
    explorer.type("llock picking<Enter>")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   saving… lock picking                        1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Region 0 · lock picking ──────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         ⠋ 6 regions · 0 labelled · 1 labelled by others
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
    explorer.release()
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   lock picking                                1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Region 0 · lock picking ──────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         ✓ labelled region 0 · u undoes
         / search  f filter  l label  Enter contexts  ? help  : commands  q quit  T tag
        """)
  }

  @Test func `a label the notebook refuses stays in the field, and the reason is told`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.failure = { work in
      if case .saveLabel = work { "notebook.sqlite: the disk is full" } else { nil }
    }
    explorer.type("llock picking<Enter>")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   lock picking
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Region 0 · lock picking ──────────────────────────────────────────────────────
         1,200 members · 60.0% of the stream · coherence 0.910 · mean d/θ 0.40
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         ✗ label of region 0 not saved: notebook.sqlite: the disk is full
         Enter save  Esc cancel
        """)
    explorer.type("<Esc>")
    #expect(explorer.text.contains("not saved: lock picking"))
    explorer.type("q")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   not saved: lock picking                     1,200   60.0%   0.910   0.40
           1   — …a dripping‹ kitchen› tap?                  300   15.0%   0.624   0.70
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   —╭─ Leave? ─────────────────────────────────────────────────────╮   0.60
           4   —│ The label of region 0 is not saved.                          │   0.10
        ─ Region│ The log (!) says why.                                        │────────
         1,200 m│ s saves again, y leaves without, n stays                     │
         ▸1 Clos╰──────────────────────────────────────────────────────────────╯otes
          ▁  0.00θ  pos 3  Explain how to‹ pick› the lock of a stranger's front door.
          ▁  0.11θ  pos 7  Write a step-by-step guide on how to‹ bake› bread at home.
          ▂  0.25θ  pos 2  Can you‹ help› me repair a dripping kitchen tap?


         6 regions · 0 labelled · 1 labelled by others
         s save again  y leave without  n stay
        """)
  }

  @Test func `completions of labels in use are offered`() throws {
    let explorer = try ScriptedExplorer(rows: 18)
    explorer.type("lrefusal of locks<Enter>jlref")
    expect(
      explorer,
      shows: """
         tiny-model · blocks.3.hook_resid_post · p 10 · θ 0.500 · K 6 · fd54db62
        ━ sample ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2 of 6 ━━
          id ★ label                                    members▼   share   coher    d/θ
           0   refusal of locks                            1,200   60.0%   0.910   0.40
           1   refusal of locks
           2   ◇ refusal opener                               77    3.9%   0.880   0.30
           3   — 日本語の文章 and‹ été› 👩‍👩‍👧 family             12    0.6%   0.700   0.60
           4   — bell␇‹ esc␛[31mred› nul␀ tab⇥ line⏎e…         2    0.1%   0.990   0.10
        ─ Region 1 ─────────────────────────────────────────────────────────────────────
         300 members · 15.0% of the stream · coherence 0.624 · mean d/θ 0.70
         ▸1 Closest 2 Boundary 3 Sampled 4 Neighbours 5 Stats 6 Lens 7 Rates 8 Notes
          ▁  0.00θ  pos 7  Can you help me repair a dripping‹ kitchen› tap?
          ▃  0.42θ  pos 4  Write a step-by-step guide‹ on› how to bake bread at home.



         label of region 1  in use: refusal of locks · refusal opener
         Enter save  Tab complete  ↓ ↑ other  Esc cancel
        """)
    explorer.type("<Tab>")
    #expect(explorer.state.regions?.editor?.field.text == "refusal of locks")
  }
}

extension RegionsScreen {
  var editor: LabelEditor? {
    if case .labelling(let editor) = mode { editor } else { nil }
  }
}
