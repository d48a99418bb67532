onmessage = ({ data }) => postMessage(data)
