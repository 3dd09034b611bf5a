import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct TiedLossTests {
    /// What one call leaves behind.
    struct Result: Equatable {
        var loss: Float
        var hidden: [Float]
        var table: [Float]
        var bias: [Float]
        var ranks: [Int]
        var top: [Int32]
    }

    static func run(
        items: Int, rows: Int, width: Int, cosine: Float?, smoothing: Float, hasBias: Bool, threads: Int
    ) -> Result {
        var scope = ParameterScope()
        let table = scope.declare("items", [items + 2, width], .zeros, kind: .table)
        let softmax = TiedSoftmax(
            table: table, items: 2..<items + 2, cosineScale: cosine, labelSmoothing: smoothing, hasBias: hasBias, in: &scope)
        let weights = ParameterVector(scope, seed: 0)
        weights[table] = Golden.formula(table.count, phase: 0, amplitude: 0.7)
        if let bias = softmax.bias { weights[bias] = Golden.formula(items, phase: 2) }
        let workspace = Workspace(), pool = WorkerPool(threads: threads)
        let hidden = workspace.rows(Golden.formula(rows * width, phase: 1), width: width)
        let targets = (0..<rows).map { $0 % 10 == 9 ? Int32(-1) : Int32($0 * 7919 % items + 2) }
        let active = Float(targets.filter { $0 >= 0 }.count)
        let gradient = workspace.rows(rows, width)
        let tableGradients = workspace.rows(items + 2, width), dense = workspace.rows(1, max(1, weights.denseCount))
        tableGradients.clear()
        dense.clear()
        let loss = softmax.loss(
            hidden, targets: targets, factors: [Float](repeating: 1 / active, count: rows), weights: weights, hiddenGradient: gradient,
            tableGradients: tableGradients.base, biasGradient: hasBias ? dense.base : nil, workspace, pool)
        return Result(
            loss: loss, hidden: gradient.scalars, table: tableGradients.scalars, bias: Array(dense.scalars.prefix(hasBias ? items : 0)),
            ranks: softmax.ranks(hidden, targets: targets, weights: weights, workspace, pool),
            top: softmax.top(5, hidden, weights: weights, workspace, pool).items)
    }

    @Test(arguments: ["cosine", "cosine_smooth", "dot_bias", "dot_smooth"]) func golden(name: String) throws {
        let golden = try Golden.load("tied_softmax")
        let items = try #require(golden.settings["items"]?.first), rows = try #require(golden.settings["rows"]?.first)
        let width = try #require(golden.settings["width"]?.first)
        let isCosine = name.hasPrefix("cosine")
        let found = Self.run(
            items: items, rows: rows, width: width, cosine: isCosine ? 12 : nil, smoothing: name.hasSuffix("smooth") ? 0.1 : 0,
            hasBias: !isCosine, threads: 2)
        var failures = [golden.difference("\(name).loss", [found.loss])]
        failures.append(golden.difference("\(name).hidden", Golden.digest(found.hidden)))
        failures.append(golden.difference("\(name).hidden_last", Array(found.hidden[(rows - 2) * width..<(rows - 1) * width])))
        failures.append(golden.difference("\(name).table", Golden.digest(found.table)))
        failures.append(golden.difference("\(name).table_last", Array(found.table.suffix(width))))
        if !isCosine { failures.append(golden.difference("\(name).bias", Golden.digest(found.bias))) }
        failures.append(golden.difference("\(name).top", found.top.prefix(15).map { Float($0) }))
        failures.append(golden.difference("\(name).ranks", found.ranks.prefix(8).map { Float($0) }))
        #expect(failures.compactMap { $0 } == [])
        // Rows that do not compete get nothing; rows without target neither.
        #expect(found.table.prefix(2 * width).allSatisfy { $0 == 0 })
        #expect(found.hidden[9 * width..<10 * width].allSatisfy { $0 == 0 })
        #expect(found.ranks[9] == 0)
    }

    @Test(arguments: [nil, Float(20)]) func sameBytesAtAnyThreadCount(cosine: Float?) {
        let one = Self.run(items: 3000, rows: 300, width: 24, cosine: cosine, smoothing: 0.05, hasBias: cosine == nil, threads: 1)
        for threads in [2, 3] {
            let other = Self.run(
                items: 3000, rows: 300, width: 24, cosine: cosine, smoothing: 0.05, hasBias: cosine == nil, threads: threads)
            #expect(one == other, "\(threads) threads")
        }
    }

    /// Scores of several hundred: without taking off the largest, every exponential would overflow or vanish.
    @Test func largeScores() {
        let found = Self.run(items: 40, rows: 20, width: 8, cosine: 500, smoothing: 0, hasBias: false, threads: 1)
        #expect(found.loss.isFinite && found.hidden.allSatisfy(\.isFinite) && found.table.allSatisfy(\.isFinite))
    }

    /// A model that gives every item the same score must not look good.
    @Test func tiesCountAgainstTheTarget() {
        var scope = ParameterScope()
        let table = scope.declare("items", [200, 4], .ones, kind: .table)
        let softmax = TiedSoftmax(table: table, in: &scope)
        let weights = ParameterVector(scope, seed: 0)
        let workspace = Workspace()
        let ranks = softmax.ranks(
            workspace.rows([1, 2, 3, 4], width: 4), targets: [17], weights: weights, workspace, WorkerPool(threads: 1))
        #expect(ranks == [200])
    }
}
