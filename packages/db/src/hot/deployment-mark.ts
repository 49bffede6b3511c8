/** A deployment and the rows beside it that its runs are made from, as SQL: what comes after `join`. */
export function sources(workspaceId: string, id: string): string {
  return `deployment d on d.workspace_id = ${workspaceId} and d.id = ${id}
    left join flow f on f.workspace_id = d.workspace_id and f.id = d.flow_id
    left join work_pool p on p.workspace_id = d.workspace_id and p.id = d.work_pool_id
    left join work_queue q on q.workspace_id = d.workspace_id and q.id = d.work_queue_id`;
}

/**
 * The mark of those rows, as SQL: the transaction that wrote each as it is, so that no change of one can leave it out. Of the
 * queue it is the name alone, for a queue is written each time that it is polled.
 */
export const mark = "concat(d.xmin, ' ', f.xmin, ' ', p.xmin, ' ', q.id, ' ', q.name)";
