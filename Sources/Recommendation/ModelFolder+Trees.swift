internal import BoostedTrees
internal import DurableFiles
internal import SequenceKernel

extension ModelFolder {
    /// Trees over so many columns.
    func trees(_ name: String, columns: Int, named configuration: String) throws(SealedFolder.Fault) -> BoostedTrees {
        let bytes = try contents(name)
        let trees: BoostedTrees
        do throws(BoostedTreesError) { trees = try BoostedTrees(bytes: bytes) } catch { throw damaged(name, error.description) }
        guard trees.columns == columns else { throw damaged(name, "trees of other features than \(configuration) names") }
        return trees
    }
}
