import Numerics
import Testing

@testable import Experiments

/// What a comparison says of the share that is introduced, read against what order alone gives.
struct OrderWordsTests {
  @Test func `whether more is introduced than order alone gives is said in words`() {
    func words(_ introduced: Int, _ persisted: Int) -> String? {
      let cosines = (0..<40).map { Float($0 < persisted ? 0.9 : 0.1) }
      let null = ComparisonNull(
        kind: .orders(count: 1, seed: 0, store: "a.epstore"), cutoff: 0.7,
        runs: [
          .init(
            pairs: 40, persisted: persisted, count: 40, introduced: 40 - persisted, meanCosine: 0.8,
            largestCosine: 0.9)
        ], cosines: cosines.sorted())
      return ComparisonReport.againstOrder(Proportion(introduced, of: 40), [null], cutoff: 0.7)
    }
    #expect(words(6, 34) == "what is introduced is no more than order alone gives")
    #expect(words(20, 38) == "more is introduced than order alone gives")
    #expect(ComparisonReport.againstOrder(Proportion(6, of: 40), [], cutoff: 0.7) == nil)
  }
}
