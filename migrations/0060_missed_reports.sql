-- A worker that died after it stored the gateway's answer and before it looked for a report that had
-- come first leaves its text as sent. The timed work finds it among the texts sent of late.
create index message_sent on message (updated_at) where state = 'sent';
