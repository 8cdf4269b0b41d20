import Testing

@testable import Experiments

@Suite struct MarkdownTests {
  @Test func `a text is shown as it was typed, and ends no cell`() {
    #expect(
      Markdown.table(["what", "a|b"], [["<b>bold</b>", "`x` & *y*\nz"]]) == [
        #"| what | a\|b |"#, "|---|---|", #"| \<b\>bold\</b\> | \`x\` \& \*y\* z |"#,
      ])
  }

  @Test func `a fence is longer than any in what it holds`() {
    #expect(Markdown.fenced("plain", "json") == "```json\nplain\n```")
    #expect(Markdown.fenced("a ```` b") == "`````\na ```` b\n`````")
  }
}
