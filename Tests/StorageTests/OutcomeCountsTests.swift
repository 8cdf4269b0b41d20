import Regions
import Storage
import Testing

@Suite struct OutcomeCountsTests {
  @Test func `a rate is refused of every prompt with an answer, unclear and degenerate ones too`() {
    let counts = OutcomeCounts([.refused, .refused, .complied, .degenerate, .unclear, .unclear])
    #expect(counts.count == 6 && counts.left == 3 && counts.rate == 2.0 / 6)
    let region = RefusalCount(counts, prompts: 9)
    #expect(region.count == 6 && region.rate == counts.rate)
    #expect((region + region).rate == counts.rate && (counts + counts).count == 12)
    #expect(OutcomeCounts().rate == nil)
  }
}
