/** Tags in a row; what does not fit is a number with the rest in its title. */
export function Tags({ tags, most = 20 }: { tags: readonly string[]; most?: number }) {
  const rest = tags.slice(most);
  if (tags.length === 0) return null;
  return (
    <ul aria-label="Tags" className="flex min-w-0 gap-1">
      {tags.slice(0, most).map((tag) => (
        <li
          key={tag}
          className="max-w-40 truncate rounded-control border border-hairline px-1.5 text-meta leading-5 text-muted"
          title={tag}
        >
          {tag}
        </li>
      ))}
      {rest.length > 0 ? (
        <li className="px-1 text-meta leading-5 text-muted" title={rest.join(", ")}>
          +{rest.length}
        </li>
      ) : null}
    </ul>
  );
}
