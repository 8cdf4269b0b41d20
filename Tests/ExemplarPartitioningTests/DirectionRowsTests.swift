import Testing

@testable import ExemplarPartitioning

@Suite("Rows in memory of their own")
struct DirectionRowsTests {
  private func rows(_ count: Int, dimension: Int) -> [Float] {
    (0..<count * dimension).map { Float($0) }
  }

  @Test("grow in place, one after another")
  func growth() {
    let growing = GrowingRows(dimension: 700)
    let start = growing.rows
    let expected = rows(2000, dimension: 700)
    for row in 0..<2000 {
      expected.withUnsafeBufferPointer { growing.append($0.baseAddress! + row * 700) }
    }
    #expect(growing.rows == start)
    #expect(DirectionRows(growing).values == expected)
  }

  @Test("move on when only little address space can be reserved")
  func smallReservation() {
    let growing = GrowingRows(dimension: 700, reservation: 1)
    let expected = rows(2000, dimension: 700)
    for row in 0..<2000 {
      expected.withUnsafeBufferPointer { growing.append($0.baseAddress! + row * 700) }
    }
    #expect(DirectionRows(growing).values == expected)
  }

  @Test("a row of their own can be appended even when that moves them")
  func ownRow() {
    let growing = GrowingRows(dimension: 1024, reservation: 1)
    [Float](repeating: 7, count: 1024).withUnsafeBufferPointer { growing.append($0.baseAddress!) }
    for _ in 0..<9 { growing.append(growing.row(0)) }
    #expect(DirectionRows(growing).values == [Float](repeating: 7, count: 10 * 1024))
  }

  @Test("keep some, in order, and grow again")
  func keeping() {
    let growing = GrowingRows(dimension: 1024)
    let all = rows(50, dimension: 1024)
    for row in 0..<50 {
      all.withUnsafeBufferPointer { growing.append($0.baseAddress! + row * 1024) }
    }
    growing.keep([3, 4, 49])
    growing.append(growing.row(1))
    let kept = [3, 4, 49, 4].flatMap { all[$0 * 1024..<($0 + 1) * 1024] }
    #expect(DirectionRows(growing).values == kept)
  }

  @Test("equal bit for bit; there may be none, of any width")
  func equality() {
    let rows = DirectionRows([1, 2, 3, 4], dimension: 2)
    #expect(rows.count == 2)
    #expect(rows.row(1) == [3, 4])
    #expect(rows == DirectionRows([1, 2, 3, 4], dimension: 2))
    #expect(rows != DirectionRows([1, 2, 3, 4], dimension: 4))
    #expect(rows != DirectionRows([1, 2, 3, 5], dimension: 2))
    #expect(DirectionRows([-0.0], dimension: 1) != DirectionRows([0], dimension: 1))
    #expect(DirectionRows([.nan], dimension: 1) == DirectionRows([.nan], dimension: 1))
    #expect(DirectionRows([], dimension: 0).values.isEmpty)
    #expect(DirectionRows([], dimension: 3).count == 0)
  }

  @Test("means that are the exemplar are not held, in whatever order the others are")
  func means() {
    let exemplars = DirectionRows([1, 0, 0, 1, -1, 0], dimension: 2)
    let means = RegionMeans(exemplars: exemplars) {
      Array(([0.6, 0.8, 0, 1, 0, -1] as [Float])[$0.lowerBound * 2..<$0.upperBound * 2])
    }
    #expect(means.rowOfRegion == [0, -1, 1])
    let turned = DirectionRows([0, -1, 0.6, 0.8], dimension: 2)
    #expect(means == RegionMeans(rows: turned, rowOfRegion: [1, -1, 0]))
    #expect(means != RegionMeans(rows: turned, rowOfRegion: [0, -1, 1]))
    #expect(means != RegionMeans(rows: turned, rowOfRegion: [1, 0, 0]))
  }
}

@Suite("Many short lists")
struct ShortListsTests {
  @Test("agree with arrays, whatever is appended, replaced and dropped")
  func arrays() {
    var random = SystemRandomNumberGenerator()
    var lists = ShortLists<Int32>(longest: 30)
    var arrays: [[Int32]] = []
    for step in 0..<5000 {
      if step % 50 == 0 {
        lists.addList()
        arrays.append([])
      }
      let list = Int.random(in: 0..<arrays.count, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        lists.removeAll(list)
        arrays[list] = []
      case 1:
        let new = (0..<Int32.random(in: 0...30, using: &random)).map { $0 }
        lists.replace(list, by: new)
        arrays[list] = new
      case 2 where !arrays[list].isEmpty:
        lists.withList(list) { $0[0] = -1 }
        arrays[list][0] = -1
      default:
        guard arrays[list].count < 30 else { continue }
        lists.append(Int32(step), to: list)
        arrays[list].append(Int32(step))
      }
    }
    #expect(arrays.indices.allSatisfy { Array(lists[$0]) == arrays[$0] })
    lists.removeAll(1)
    lists.keep([5, 0])
    #expect(Array(lists[0]) == arrays[5])
    #expect(Array(lists[1]) == arrays[0])
  }
}
