import Testing

@testable import Terminal

struct KeyPressTests {
  @Test(
    arguments: [
      ("j", .character("j")), ("G", .character("G")), ("?", .character("?")),
      ("-", .character("-")),
      ("<", .character("<")), ("ctrl-r", .control("r")), ("C-r", .control("r")),
      ("<C-r>", .control("r")),
      ("Ctrl-R", .control("r")), ("alt-x", .alt("x")), ("M-X", .alt("X")),
      ("Ctrl--", .control("-")),
      ("<Enter>", KeyPress(.enter)), ("return", KeyPress(.enter)), ("Esc", KeyPress(.escape)),
      ("<Tab>", KeyPress(.tab)), ("shift-tab", KeyPress(.backtab)), ("Space", .character(" ")),
      ("pgdn", KeyPress(.pageDown)), ("F5", KeyPress(.f(5))), ("shift-f5", KeyPress(.f(5), .shift)),
      ("Ctrl-Alt-Left", KeyPress(.left, [.control, .alt])), ("S-a", .character("A")),
      ("f", .character("f")), ("<lt>", .character("<")), ("é", .character("é")),
    ] as [(String, KeyPress)])
  func `a key is read from its notation`(text: String, press: KeyPress) {
    #expect(KeyPress(parsing: text) == press)
  }

  @Test(arguments: ["", "enterr", "ctrl-", "hyper-x", "f0", "f64", "ctrl-xy", "<>"])
  func `what names no key is refused`(text: String) {
    #expect(KeyPress(parsing: text) == nil)
  }

  @Test func `a description reads back as the same key`() {
    var keys: [KeyPress.Key] = [
      .enter, .escape, .tab, .backtab, .backspace, .delete, .insert, .up, .down, .left, .right,
      .home, .end, .pageUp, .pageDown, .f(1), .f(12), .character(" "),
    ]
    keys += "aZ-<>?日".map { .character($0) }
    for key in keys {
      for modifiers in [[], .control, .alt, .shift, [.control, .alt]] as [KeyPress.Modifiers] {
        let press = KeyPress(key, modifiers)
        #expect(KeyPress(parsing: press.description) == press, "\(press)")
      }
    }
  }

  @Test func `presses a terminal cannot tell apart are equal`() {
    #expect(KeyPress.control("i") == KeyPress(.tab))
    #expect(KeyPress.control("M") == KeyPress(.enter))
    #expect(KeyPress.control("[") == KeyPress(.escape))
    #expect(KeyPress.control("R") == KeyPress.control("r"))
    #expect(KeyPress(.tab, .shift) == KeyPress(.backtab))
  }

  @Test func `only plain characters are typed`() {
    #expect(KeyPress.character("x").typedCharacter == "x")
    #expect(KeyPress.control("x").typedCharacter == nil)
    #expect(KeyPress(.enter).typedCharacter == nil)
  }

  @Test func `a script is the keys that type it`() {
    #expect(
      KeyPress.keys(in: "l a<Enter><C-r>< b>") == [
        .character("l"), .character(" "), .character("a"), KeyPress(.enter), .control("r"),
        .character("<"), .character(" "), .character("b"), .character(">"),
      ])
    #expect(KeyPress.keys(in: "<") == [.character("<")])
    #expect(KeyPress.keys(in: "<lt>>") == [.character("<"), .character(">")])
  }
}
