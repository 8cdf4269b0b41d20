import Experiments
import Storage
import Terminal
import TestSupport
import Testing

@testable import Explorer

@Suite struct DetailTabTests {
  @Test func `sampled members show the contexts that are known`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("3")
    #expect(
      explorer.text.contains("2 of 1,200 members, drawn at random · the context is known of 1"))
    #expect(explorer.text.contains("0.11θ  Write a step-by-step guide"))
    #expect(explorer.text.contains("0.60θ  context not kept"))
    explorer.type("j3")
    #expect(explorer.text.contains("no members were sampled"))
  }

  @Test func `Enter goes to a neighbour, and back and forth`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("4<Tab>jj<Enter>")
    #expect(explorer.state.regions?.selected == 3)
    #expect(explorer.state.regions?.jumps.back == [0])
    explorer.type("<lt>")
    #expect(explorer.state.regions?.selected == 0)
    explorer.type(">")
    #expect(explorer.state.regions?.selected == 3)
    explorer.type(">")
    #expect(explorer.status.contains("nowhere to go forward to"))
  }

  @Test func `statistics say what they are of`() throws {
    let explorer = try ScriptedExplorer(rows: 50)
    explorer.type("5")
    #expect(explorer.text.contains("rank 1 of 6"))
    #expect(explorer.text.contains("distances of 2 members drawn at random, in θ"))
    explorer.type("j")
    #expect(explorer.text.contains("distances of the 3 contexts kept, in θ: the two ends"))
  }

  @Test func `what needs weights or a store says how to give them`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("6")
    #expect(explorer.text.contains("--model MODEL"))
    explorer.type("7")
    #expect(explorer.text.contains("--store STORE.epstore"))
  }

  @Test func `a failure is told in the tab, and not asked for again`() throws {
    let explorer = try ScriptedExplorer()
    var asked = 0
    explorer.failure = { work in
      guard case .surroundings = work.screenWork(ExtraWork.self) else { return nil }
      asked += 1
      return "the disk is gone"
    }
    explorer.type("4")
    #expect(explorer.text.contains("✗ the disk is gone"))
    explorer.wait(.seconds(1))
    explorer.type("5<Left>")
    #expect(asked == 1)
  }

  @Test func `an answer about another region is not shown`() throws {
    var state = try ScriptedExplorer().state
    let first = state.update(.key(.character("4")))
    _ = state.update(.key(.character("j")))
    let effect = try #require(
      first.first { effect in
        if case .surroundings = effect.work.screenWork(ExtraWork.self) { true } else { false }
      })
    _ = state.update(
      .replied(
        effect.id,
        ExtraWork.reply(
          .surroundings(RegionSurroundings(region: 0, neighbours: [], sampled: [])))))
    #expect(state.regions?.extras.surroundings == nil)
  }

  @Test func `notes of several lines are kept, shown and undone, with their history`() throws {
    let explorer = try ScriptedExplorer(rows: 40)
    explorer.type("ifirst<Enter>second<C-s>8")
    #expect(explorer.state.regions?.annotations.notes == [0: "first\nsecond"])
    #expect(explorer.text.contains(" second"))
    #expect(explorer.text.contains("note none → “first⏎second”  tester"))
    explorer.type("ix<BS><BS><C-c>")
    #expect(explorer.state.regions?.annotations.notes == [0: "first\nsecond"])
    explorer.type("u")
    #expect(explorer.state.regions?.annotations.notes == [:])
    #expect(explorer.text.contains("undo note"))
  }

  @Test func `a line break that is deleted joins two lines`() {
    var editor = NoteEditor(region: 0, text: "ab\ncd")
    _ = editor.field.apply(.cursorToStart)
    let isJoined = editor.apply(.deleteBackward)
    #expect(isJoined)
    #expect(editor.text == "abcd")
    editor.insert("x\ny")
    #expect(editor.text == "abx\nycd")
    #expect(editor.row == 1)
  }

  // MARK: - Documents

  @Test func `Enter opens the whole document at the activating token`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("<Enter><Enter>")
    #expect(explorer.text.contains("closest context 1 · document 0"))
    #expect(explorer.text.contains("Explain how to‹ pick› the lock"))
    #expect(explorer.text.contains("token 3 ‹ pick›  the one in the region  d 0.00θ"))
    explorer.type("l")
    #expect(explorer.text.contains("token 4 ‹ the›"))
    explorer.type("b")
    #expect(explorer.text.contains("Explain│ how│ to│‹ pick› the│ lock│"))
    explorer.type("J")
    #expect(explorer.text.contains("closest context 2 · document 3"))
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.page == nil)
    #expect(explorer.state.regions?.place == ContextPlace(.closest, 1))
  }

  @Test func `brackets show less and more of a document around the token`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("#4<Enter><Tab>j<Enter>")
    #expect(explorer.text.contains("‹ needle›"))
    explorer.type("[")
    explorer.type("[[[[[[[")
    #expect(explorer.text.contains("… hay6 hay7 hay8 hay9‹ needle› hay1 hay2 hay3 hay4…"))
    #expect(explorer.status.contains("the least context"))
    explorer.type("]")
    #expect(explorer.text.contains("8 tokens to each side"))
  }

  @Test func `hard texts keep their columns in a document`() throws {
    let explorer = try ScriptedExplorer(columns: 60, rows: 16)
    explorer.type("#3<Enter><Tab><Enter>")
    #expect(explorer.text.contains("日本語の文章 and‹ e\u{301}te\u{301}› 👩‍👩‍👧 family"))
    explorer.type("<Esc>#4<Enter><Tab><Enter>")
    #expect(explorer.text.contains("bell␇‹ esc␛[31mred›"))
  }

  @Test func `a document whose tokens were not recorded is shown all the same`() throws {
    let explorer = try ScriptedExplorer(withTokens: false)
    explorer.type("<Enter><Enter>")
    #expect(explorer.text.contains("tokens were not recorded: the context is at position 3"))
  }

  @Test(arguments: [(60, 16), (80, 24), (200, 60)])
  func `no tab and no page writes outside its pane`(_ columns: Int, _ rows: Int) throws {
    let explorer = try ScriptedExplorer(columns: columns, rows: rows)
    for tab in 1...8 {
      explorer.type("\(tab)<Tab>")
      #expect(explorer.text.split(separator: "\n", omittingEmptySubsequences: false).count == rows)
      explorer.type("<Esc>")
    }
  }

  // MARK: - Blind

  @Test func `blind labelling hides what there is until it is answered`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("jjB")
    #expect(!explorer.text.contains("refusal opener"))
    #expect(!explorer.text.contains("1,200"))
    explorer.type("5")
    #expect(explorer.text.contains("hidden while you label blind"))
    explorer.type("lApology<Enter>")
    #expect(explorer.status.contains("you said “Apology”; it is labelled “refusal opener”"))
    #expect(explorer.text.contains("Do both mean the same"))
    explorer.type("n")
    #expect(explorer.text.contains("refusal opener"))
    explorer.type("B")
    #expect(
      explorer.status.contains(
        "1 blind answer · with imported: 0 of 1 alike, κ is given from 20 on"))
  }

  @Test func `Esc on whether both are the same goes back to what was typed, and counts nothing`()
    throws
  {
    let explorer = try ScriptedExplorer()
    explorer.type("jjBlApology<Enter>")
    #expect(explorer.text.contains("Do both mean the same"))
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.blind?.answers.isEmpty == true)
    #expect(explorer.state.textField?.text == "Apology")
    // The same again is as blind as before; another answer was given after the label had shown.
    explorer.type("<Enter>y")
    #expect(explorer.state.regions?.blind?.agreements.first?.agreed == 1)
    explorer.type("ulrefusal opener<Enter>")
    #expect(explorer.state.regions?.blind?.agreements.isEmpty == true)
    explorer.type("B")
    #expect(explorer.status.contains("1 changed after the label had shown, not counted"))
  }

  @Test func `a blind round says how it goes on, how far it is and that it is over`() throws {
    let explorer = try ScriptedExplorer()
    for _ in 0..<6 { explorer.type("lkind<Enter>j") }
    explorer.type("Bg")
    #expect(explorer.keys.contains("U next") && explorer.keys.contains("B end blind"))
    for index in 0..<5 {
      explorer.type("lkind<Enter>")
      // One had a label before, and was called that and more.
      if explorer.state.overlay != nil { explorer.type("y") }
      explorer.type("U")
      #expect(explorer.text.contains("blind, \(index + 1) of 6 answered"))
    }
    explorer.type("lother<Enter>n")
    #expect(explorer.text.contains("blind, all 6 answered"))
    #expect(
      explorer.status.contains(
        "that was the last one listed: 6 blind answers · with yourself: 5 of 6 alike"))
  }

  @Test func `the order that labelling blind hides is the one that is remembered`() throws {
    let folder = try TemporaryFolder()
    func explorer() throws -> ScriptedExplorer {
      try ScriptedExplorer(folder: folder, memory: folder.file("state"))
    }
    let first = try explorer()
    first.type("sl")
    let sort = first.state.regions?.sort
    first.type("B")
    #expect(first.state.regions?.sort != sort)
    first.type("jq")
    #expect(try explorer().state.regions?.sort == sort)
  }

  @Test func `blind, the next to label is the next that was not answered`() throws {
    let explorer = try ScriptedExplorer()
    for _ in 0..<6 { explorer.type("lkind<Enter>j") }
    explorer.type("BgU")
    let first = try #require(explorer.state.regions?.selected)
    explorer.type("lkind<Enter>U")
    #expect(explorer.state.regions?.selected != first)
    #expect(!explorer.status.contains("every region listed"))
    // A field that is left empty takes nothing away, and does not say that there is a label.
    explorer.type("l")
    #expect(!explorer.text.contains("take the label away"))
    explorer.type("<Esc>")
    for _ in 0..<6 { explorer.type("lkind<Enter>U") }
    #expect(explorer.status.contains("every region listed has an answer; B says how they agree"))
  }

  @Test func `a blind answer that means the same counts as agreed, and the order tells nothing`()
    throws
  {
    let explorer = try ScriptedExplorer()
    explorer.type("sm")
    let before = explorer.state.regions?.rows
    explorer.type("B")
    #expect(explorer.state.regions?.rows == Array(0..<6))
    explorer.type("sm")
    #expect(explorer.state.regions?.rows == Array(0..<6))
    explorer.type("<Esc>gB")
    #expect(explorer.state.regions?.rows == before)
    var blind = BlindLabelling()
    let label = LabelView.Entry(text: "Says no", origin: .own)
    blind.add(BlindLabelling.Answer(region: 0, text: "refusal", label: label))
    #expect(blind.agreements.first?.agreed == 0)
    blind.judge(0, isSame: true)
    #expect(blind.agreements.first?.agreed == 1)
  }

  @Test func `agreement is counted per labeller, and the first answer counts`() {
    var blind = BlindLabelling()
    let own = { (text: String) in LabelView.Entry(text: text, origin: .own) }
    for (region, text, label) in [(0, "a", "A"), (1, "b", "b"), (2, "a", "b"), (3, "b ", "b")] {
      blind.add(BlindLabelling.Answer(region: region, text: text, label: own(label)))
    }
    blind.add(BlindLabelling.Answer(region: 2, text: "b", label: own("b")))
    let agreement = blind.agreements.first
    #expect(agreement?.labeller == "yourself")
    #expect(agreement?.agreed == 3 && agreement?.count == 4)
    #expect(agreement?.kappa?.kappa == 0.5)
  }

  @Test func `the next to label is the next on the screen, or the least coherent one`() throws {
    let explorer = try ScriptedExplorer()
    explorer.type("U")
    #expect(explorer.state.regions?.selected == 1)
    #expect(explorer.status.contains("1 of 6 regions labelled"))
    // In another order, and from the top again after the last.
    explorer.type("siSg")
    let rows = try #require(explorer.state.regions?.rows).map(Int.init)
    let open = rows.dropFirst().filter { explorer.state.regions?.label(of: $0) == nil }
    #expect(open.count == 4)
    for region in open + [rows[0]] {
      explorer.type("U")
      #expect(explorer.state.regions?.selected == region)
    }
    explorer.type("si")
    explorer.type("g:next-loosest<Enter>")
    #expect(explorer.state.regions?.selected == 1)
  }
}
