import type { ApiAttachment, ApiMessage } from '../../api-types.js';
import { Badge, Foreign, Notice } from '../parts/bits.js';
import { Icon } from '../parts/icons.js';
import { apiUrl, messagePath } from '../state/api.js';
import { formatBytes } from '../text/format.js';

export function Attachments({ message }: { message: ApiMessage }) {
  const { attachmentList, id, content } = message;
  if (attachmentList.length === 0) return <Notice>This mail has no attachments.</Notice>;
  return (
    <ul class="attachments" role="list">
      {attachmentList.map((attachment) => (
        <Attachment
          key={attachment.index}
          attachment={attachment}
          href={apiUrl(messagePath(id, `parts/${attachment.index}`))}
          isKept={content === 'kept'}
        />
      ))}
    </ul>
  );
}

function Attachment({ attachment, href, isKept }: { attachment: ApiAttachment; href: string; isKept: boolean }) {
  const { name, contentType, size, isInline, contentId, sha256, isImage } = attachment;
  return (
    <li>
      <span class="thumb">{isImage && isKept ? <img src={href} alt="" loading="lazy" /> : <Icon name="attachment" />}</span>
      <div>
        <p>
          <Foreign class="strong">{name || '(no name)'}</Foreign> {isInline && <Badge>inline</Badge>}
        </p>
        <p class="muted">
          <Foreign>{contentType}</Foreign> · {formatBytes(size)}
          {contentId && (
            <>
              {' '}
              · cid:<Foreign>{contentId}</Foreign>
            </>
          )}
        </p>
        {sha256 && (
          <p class="muted mono hash" title="SHA-256">
            {sha256}
          </p>
        )}
      </div>
      {isKept && (
        <a class="button" href={href} download={name}>
          <Icon name="download" />
          <span>
            Download<span class="sr"> {name}</span>
          </span>
        </a>
      )}
    </li>
  );
}
