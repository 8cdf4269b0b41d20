import Terminal
import Testing

@testable import Explorer

@Suite struct ListStateTests {
  @Test func `moving keeps the selected row on the screen`() {
    var list = ListState(Array(0..<100))
    for command: Command in [.pageDown, .halfPageDown, .moveDown, .moveToBottom, .pageUp, .moveUp] {
      list.move(command, page: 10)
      #expect((list.top..<list.top + 10).contains(list.cursor), "\(command)")
    }
    list.move(.moveToTop, page: 10)
    #expect(list.cursor == 0 && list.top == 0)
    list.move(.moveUp, page: 10)
    #expect(list.selected == 0)
  }

  @Test func `other rows keep the cursor among them`() {
    var list = ListState(["a", "b", "c"])
    list.select(2, page: 2)
    #expect(list.top == 1)
    list.list(["c", "a"], selecting: 0)
    #expect(list.selected == "c")
    list.list(["x"])
    #expect(list.selected == "x")
    list.list([])
    #expect(list.selected == nil && list.cursor == 0)
    list.move(.moveDown, page: 2)
    #expect(list.selected == nil)
  }

  @Test func `a line of the screen is a row, or nothing`() {
    var list = ListState(Array(0..<5))
    list.top = 2
    #expect(list.index(atLine: 0) == 2 && list.index(atLine: 2) == 4)
    #expect(list.index(atLine: 3) == nil && list.index(atLine: -1) == nil)
  }

  @Test func `words are wrapped and padded by the columns they take`() {
    #expect(WrappedText.lines("日本 語の 辞書", columns: 5) == ["日本", "語の", "辞書"])
    #expect("日本".padded(to: 6) == "日本  " && "日本".leftPadded(to: 6) == "  日本")
    #expect("日本語".padded(to: 2) == "日本語")
    #expect(StyledText([.init("日本"), .init("ab")]).columns == 6)
  }
}
