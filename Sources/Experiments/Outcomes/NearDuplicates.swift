/// Answers to different prompts that are nearly the same text: one recycled answer is no answer.
package enum NearDuplicates {
  /// Groups of texts that share most of their word trigrams, each ascending, by their first.
  ///
  /// Two belong together at a Jaccard similarity of at least `similarity`, and so do those that a
  /// chain of such pairs joins. Texts of fewer than five words are left out: short answers, and
  /// refusals above all, are alike for good reason; pass only those that complied.
  ///
  /// - Complexity: O(trigrams) where few texts share any, O(n²) where all do.
  package static func groups(of texts: [String], similarity: Double = 0.7) -> [[Int]] {
    let shingles = texts.map { text in
      let words = AnswerWord.words(of: LoweredText(text)).map(\.text)
      return words.count < 5 ? [] : Set((0..<(words.count - 2)).map { Array(words[$0...($0 + 2)]) })
    }
    var holders: [[String]: [Int]] = [:]
    var parents = Array(texts.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    for index in texts.indices {
      var shared: [Int: Int] = [:]
      for shingle in shingles[index] {
        for other in holders[shingle] ?? [] { shared[other, default: 0] += 1 }
        holders[shingle, default: []].append(index)
      }
      for (other, count) in shared {
        let union = shingles[index].count + shingles[other].count - count
        if Double(count) >= similarity * Double(union) {
          let (a, b) = (root(index), root(other))
          parents[max(a, b)] = min(a, b)
        }
      }
    }
    return Dictionary(grouping: texts.indices, by: root).values
      .filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }
}
